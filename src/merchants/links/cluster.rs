//! Clusters: merchants joined by strong links, and what follows for pairs without a link of their own.

use std::collections::{BTreeMap, HashMap};

use super::model::{Evidence, EvidenceKind, Link};
use super::policy::LinkPolicy;

/// How a merchant stands with the platform, for drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Not yet admitted.
    Applying,
    /// Trading.
    Active,
    /// Suspended or banned.
    Banned,
}

/// One merchant of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Member {
    /// The platform's id.
    pub id: String,
    /// What to call it: the shop's name.
    pub label: String,
    /// How it stands.
    pub standing: Standing,
    /// Whether the cluster is looked at because of this merchant.
    pub subject: bool,
}

/// Merchants and the links between them.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Cluster {
    /// The merchants.
    pub members: Vec<Member>,
    /// Their links; links to others are not drawn.
    pub links: Vec<Link>,
}

/// Components under construction, each with its members.
struct Components<'links> {
    of: HashMap<&'links str, usize>,
    members: Vec<Vec<&'links str>>,
}

impl<'links> Components<'links> {
    fn new() -> Self {
        Self { of: HashMap::new(), members: Vec::new() }
    }

    fn of(&mut self, id: &'links str) -> usize {
        *self.of.entry(id).or_insert_with(|| {
            self.members.push(vec![id]);
            self.members.len() - 1
        })
    }

    /// Joins the components of a strong link; answers the pairs that become one by it, or nothing
    /// where they are one already or would be too large together.
    fn join(&mut self, link: &'links Link, largest: usize) -> Vec<(&'links str, &'links str)> {
        let (a, b) = (self.of(&link.a), self.of(&link.b));
        if a == b || self.members[a].len() + self.members[b].len() > largest {
            return Vec::new();
        }
        let (into, from) = if self.members[a].len() >= self.members[b].len() { (a, b) } else { (b, a) };
        let moved = std::mem::take(&mut self.members[from]);
        let pairs = self.members[into].iter().flat_map(|one| moved.iter().map(|other| (*one, *other))).collect();
        moved.iter().for_each(|id| {
            self.of.insert(id, into);
        });
        self.members[into].extend(moved);
        pairs
    }
}

/// Strong links, strongest first; ties by the ids.
fn strong<'links>(links: &'links [Link], policy: &LinkPolicy) -> Vec<&'links Link> {
    let mut strong: Vec<&Link> = links.iter().filter(|link| link.score >= policy.strong).collect();
    strong.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (&a.a, &a.b).cmp(&(&b.a, &b.b))));
    strong
}

/// The merchants joined by strong links, two or more together, each cluster and all clusters sorted.
pub fn clusters(links: &[Link], policy: &LinkPolicy) -> Vec<Vec<String>> {
    let mut components = Components::new();
    for link in strong(links, policy) {
        components.join(link, policy.largest_cluster);
    }
    let sorted = |members: &Vec<&str>| {
        let mut members: Vec<String> = members.iter().map(|id| (*id).to_owned()).collect();
        members.sort_unstable();
        members
    };
    let mut clusters: Vec<Vec<String>> = components.members.iter().filter(|own| own.len() > 1).map(sorted).collect();
    clusters.sort_unstable();
    clusters
}

/// All links with those that follow from strong ones: two merchants of a cluster are linked as
/// strongly as the weakest link of the strongest way between them. Sorted by the ids.
pub fn closed(links: Vec<Link>, policy: &LinkPolicy) -> Vec<Link> {
    let mut through: BTreeMap<(String, String), (f64, String)> = BTreeMap::new();
    let mut components = Components::new();
    for link in strong(&links, policy) {
        for (one, other) in components.join(link, policy.largest_cluster) {
            let hint = format!("the link of {} and {}", link.a, link.b);
            through.insert(ordered(one, other), (link.score, hint));
        }
    }
    let mut all: BTreeMap<(String, String), Link> = BTreeMap::new();
    for link in links {
        let key = ordered(&link.a, &link.b);
        let better = all.get(&key).is_none_or(|own| own.score < link.score);
        if better && link.a != link.b {
            let (a, b) = key.clone();
            all.insert(key, Link { a, b, ..link });
        }
    }
    for ((a, b), (score, value_hint)) in through {
        let link = all.entry((a.clone(), b.clone())).or_insert(Link { a, b, score: 0.0, evidence: Vec::new() });
        if link.score < score {
            link.score = score;
            link.evidence.push(Evidence { kind: EvidenceKind::Through, value_hint, weight: score });
        }
    }
    all.into_values().collect()
}

fn ordered(one: &str, other: &str) -> (String, String) {
    if one <= other { (one.to_owned(), other.to_owned()) } else { (other.to_owned(), one.to_owned()) }
}
