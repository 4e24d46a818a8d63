//! Draws a cluster as SVG: merchants on a circle, links between them, words for those who do not see it.

use std::f64::consts::TAU;
use std::fmt::Write as _;

use super::cluster::{Cluster, Member, Standing};
use super::model::{EvidenceKind, Link};

/// Most merchants and links that are drawn; the description says how many there are.
const MOST_MEMBERS: usize = 60;
const MOST_LINKS: usize = 400;
/// Room for a name beside its merchant, in pixels.
const MARGIN: f64 = 150.0;

/// An SVG picture of the cluster, complete and escaped: it can stand in a page as it is.
///
/// Screen readers get a title and a description that names every link; colours are classes of the
/// console's style (`link-banned`, `link-active`, `link-applying`, `link-edge`) with plain defaults.
pub fn draw(cluster: &Cluster) -> String {
    let members = &cluster.members[..cluster.members.len().min(MOST_MEMBERS)];
    let radius = (members.len() as f64 * 26.0 / TAU).max(70.0);
    let (width, height) = (2.0 * (radius + MARGIN), 2.0 * (radius + 40.0));
    let places: Vec<(f64, f64)> = (0..members.len())
        .map(|at| {
            let turn = TAU * at as f64 / members.len().max(1) as f64 - TAU / 4.0;
            (width / 2.0 + radius * turn.cos(), height / 2.0 + radius * turn.sin())
        })
        .collect();
    let place = |id: &str| members.iter().position(|member| member.id == id).map(|at| places[at]);
    // A link that only follows from others would hide them: it is not drawn.
    let direct = |link: &&Link| link.evidence.iter().any(|evidence| evidence.kind != EvidenceKind::Through);
    let shown = |link: &&Link| place(&link.a).is_some() && place(&link.b).is_some() && direct(link);
    let mut links: Vec<&Link> = cluster.links.iter().filter(shown).collect();
    links.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (&a.a, &a.b).cmp(&(&b.a, &b.b))));
    links.truncate(MOST_LINKS);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\" class=\"link-graph\" font-size=\"12\"><title>{}</title><desc>{}</desc>",
        escaped(&title(cluster)),
        escaped(&description(cluster, &links))
    );
    // Weak links first, so that strong ones lie above them.
    for link in links.iter().rev() {
        if let (Some(from), Some(to)) = (place(&link.a), place(&link.b)) {
            draw_link(&mut svg, link, from, to);
        }
    }
    for (member, (x, y)) in members.iter().zip(&places) {
        draw_member(&mut svg, member, (*x, *y), (width / 2.0, height / 2.0));
    }
    svg.push_str("</svg>");
    svg
}

fn title(cluster: &Cluster) -> String {
    let banned = cluster.members.iter().filter(|member| member.standing == Standing::Banned).count();
    format!("{} linked merchants, {banned} of them banned", cluster.members.len())
}

fn description(cluster: &Cluster, links: &[&Link]) -> String {
    let name = |id: &str| {
        let member = cluster.members.iter().find(|member| member.id == id);
        member.map_or_else(|| cut(id), |member| format!("{} ({})", cut(&member.label), standing(member.standing)))
    };
    let mut text = String::new();
    for link in links {
        let kinds: Vec<&str> = link.evidence.iter().map(|evidence| evidence.kind.label()).collect();
        let _ = write!(
            text,
            "{} and {}: {} ({:.0} %). ",
            name(&link.a),
            name(&link.b),
            kinds.join(", "),
            link.score * 100.0
        );
    }
    if cluster.members.len() > MOST_MEMBERS {
        let _ = write!(text, "{} more merchants are not drawn.", cluster.members.len() - MOST_MEMBERS);
    }
    text.trim_end().to_owned()
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Applying => "applying",
        Standing::Active => "active",
        Standing::Banned => "banned",
    }
}

fn draw_link(svg: &mut String, link: &Link, from: (f64, f64), to: (f64, f64)) {
    let kinds: Vec<String> =
        link.evidence.iter().map(|evidence| format!("{}: {}", evidence.kind.label(), evidence.value_hint)).collect();
    // Without the way through others it would be weaker.
    let indirect = link.score < 0.5 || link.evidence.iter().any(|evidence| evidence.kind == EvidenceKind::Through);
    let dashes = if indirect { " stroke-dasharray=\"4 4\"" } else { "" };
    let _ = write!(
        svg,
        "<line class=\"link-edge\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"currentColor\" \
         stroke-opacity=\"{:.2}\" stroke-width=\"{:.1}\"{dashes}><title>{}</title></line>",
        from.0,
        from.1,
        to.0,
        to.1,
        0.25 + link.score.clamp(0.0, 1.0) * 0.5,
        1.0 + link.score.clamp(0.0, 1.0) * 3.0,
        escaped(&format!("{:.0} % · {}", link.score * 100.0, kinds.join(" · ")))
    );
}

fn draw_member(svg: &mut String, member: &Member, (x, y): (f64, f64), middle: (f64, f64)) {
    let (anchor, shift) = match x - middle.0 {
        dx if dx < -1.0 => ("end", -14.0),
        dx if dx > 1.0 => ("start", 14.0),
        _ => ("middle", 0.0),
    };
    let below = if anchor != "middle" {
        4.0
    } else if y < middle.1 {
        -14.0
    } else {
        24.0
    };
    // Standing is told by shape as well as by colour: banned merchants are squares.
    let shape = match member.standing {
        Standing::Banned => {
            format!("<rect x=\"{:.1}\" y=\"{:.1}\" width=\"16\" height=\"16\" fill=\"#b3261e\"/>", x - 8.0, y - 8.0)
        }
        Standing::Active => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8\" fill=\"#3b6ea5\"/>"),
        Standing::Applying => {
            format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8\" fill=\"#ffffff\" stroke=\"#3b6ea5\" stroke-width=\"2\"/>"
            )
        }
    };
    let ring = match member.subject {
        true => format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"13\" fill=\"none\" stroke=\"currentColor\"/>"),
        false => String::new(),
    };
    let _ = write!(
        svg,
        "<g class=\"link-{}\">{ring}{shape}\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" fill=\"currentColor\">{}</text>\
         <title>{}</title></g>",
        standing(member.standing),
        x + shift,
        y + below,
        escaped(&cut(&member.label)),
        escaped(&format!("{} · {} · {}", cut(&member.label), cut(&member.id), standing(member.standing)))
    );
}

/// The first 28 characters, without control and direction characters.
fn cut(text: &str) -> String {
    let shown = super::normalise::text::plain(text);
    let mut short: String = shown.chars().take(28).collect();
    if shown.chars().count() > 28 {
        short.push('…');
    }
    short
}

/// Text as it may stand in XML, in elements and attributes. Characters that XML forbids are left
/// out, and those that turn the direction of what follows.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ if letter.is_control() && !matches!(letter, '\t' | '\n') => {}
            _ => safe.push(letter),
        }
    }
    safe
}
