//! What the evaluation must keep doing.

use super::*;

fn truths(lines: &[&str]) -> Vec<Truth> {
    lines.iter().map(|line| Truth::parse(line).unwrap()).collect()
}

fn answers(lines: &[&str], task: Task) -> Vec<Answer> {
    lines.iter().map(|line| Answer::parse(line, task).unwrap()).collect()
}

fn options(threshold: Threshold) -> ReportOptions {
    ReportOptions { threshold, prevalence: vec![0.01, 0.5], kinds: Vec::new() }
}

fn text_cases() -> Vec<Case> {
    let truths = truths(&[
        r#"{"id":"1","kind":"positive","family":"leet","hits":[{"brand_id":"a","type":"infringing_use"}]}"#,
        r#"{"id":"2","kind":"positive","family":"leet","hits":[{"brand_id":"a","type":"infringing_use"}]}"#,
        r#"{"id":"3","kind":"positive","family":"marker_only","hits":[],"counterfeit_signal":true}"#,
        r#"{"id":"4","kind":"clean","hits":[]}"#,
        r#"{"id":"5","kind":"nominative","hits":[{"brand_id":"a","type":"nominative"}]}"#,
        r#"{"id":"6","label":0}"#,
    ]);
    let answers = answers(
        &[
            r#"{"id":"1","hits":[{"brand_id":"a","type":"infringing_use","score":0.9},{"brand_id":"b","score":0.7}]}"#,
            r#"{"id":"2","hits":[{"brand_id":"a","type":"infringing_use","score":0.3}]}"#,
            r#"{"id":"3","hits":[],"counterfeit_signal":0.8}"#,
            r#"{"id":"4","hits":[{"brand_id":"b","type":"infringing_use","score":0.6}]}"#,
            r#"{"id":"5","hits":[{"brand_id":"a","type":"nominative","score":0.9}]}"#,
        ],
        Task::Text,
    );
    pair(&truths, &answers, |_| true)
}

#[test]
fn recall_false_alarms_and_uses_are_counted_by_group() {
    let report = Report::of(&text_cases(), &options(Threshold::Fixed(0.5)));
    assert_eq!((report.recall.hits, report.recall.of), (2, 3));
    assert_eq!(report.families[0].name, "leet");
    assert_eq!(report.families[0].rate.rate, 0.5);
    assert_eq!((report.false_alarms.hits, report.false_alarms.of), (1, 3));
    let kinds: Vec<(&str, u64)> = report.kinds.iter().map(|kind| (kind.name.as_str(), kind.rate.hits)).collect();
    assert_eq!(kinds, [("clean", 1), ("negative", 0), ("nominative", 0)]);
    assert_eq!((report.uses[0].name.as_str(), report.uses[0].rate.hits), ("nominative", 1));
    assert_eq!(report.wrong_name.hits, 1);
    let half = report.precision[1].precision;
    assert!((half - (2.0 / 3.0) / (2.0 / 3.0 + 1.0 / 3.0)).abs() < 1e-9, "{half}");
}

#[test]
fn a_threshold_is_chosen_by_the_share_of_false_alarms() {
    let strict = Report::of(&text_cases(), &options(Threshold::FalseAlarms(0.001)));
    assert!(strict.threshold > 0.6 && strict.threshold < 0.601, "{}", strict.threshold);
    assert_eq!(strict.false_alarms.hits, 0);
    let lax = Report::of(&text_cases(), &options(Threshold::FalseAlarms(0.5)));
    assert_eq!(lax.threshold, 0.0);
}

#[test]
fn pictures_are_judged_by_reference_and_neutral_ones_do_not_count() {
    let truths = truths(&[
        r#"{"query":"q1","kind":"pos","attack":"crop","track":"product","ref":"r1","neutral":["r2"]}"#,
        r#"{"query":"q2","kind":"neg","track":"product","ref":null}"#,
    ]);
    let answers = answers(
        &[
            r#"{"query":"q1","matches":[{"ref":"r2","score":0.99},{"ref":"r1","score":0.9},{"ref":"logo1","score":1.0}]}"#,
            r#"{"query":"q2","matches":[{"ref":"logo1","score":0.8}]}"#,
        ],
        Task::Images,
    );
    let cases = pair(&truths, &answers, |reference| !reference.starts_with("logo"));
    let report = Report::of(&cases, &options(Threshold::FalseAlarms(0.0)));
    assert_eq!((report.recall.hits, report.false_alarms.hits, report.wrong_name.hits), (1, 0, 0));
    assert_eq!(report.average_precision, 1.0);
}

#[test]
fn lines_that_say_nothing_are_refused_with_the_reason() {
    for (line, reason) in
        [("[1]", "no JSON object"), ("{", "no JSON"), (r#"{"kind":"clean"}"#, "no name"), (r#"{"id":"1"}"#, "no label")]
    {
        assert!(Truth::parse(line).unwrap_err().to_string().contains(reason), "{line}");
    }
    let score = Answer::parse(r#"{"id":"1","hits":[{"brand_id":"a","score":"high"}]}"#, Task::Text);
    assert!(score.unwrap_err().to_string().contains("no number"));
    assert!(Answer::parse(r#"{"id":"1","hits":[{"score":1}]}"#, Task::Text).is_err());
}

#[test]
fn intervals_are_wilsons_and_hold_for_none_and_all() {
    let rate = Rate::of(0, 10);
    assert_eq!(rate.low, 0.0);
    // Wilson (1927): the upper end of 0 of 10 at 95 % is 0.278.
    assert!((rate.high - 0.278).abs() < 0.001, "{}", rate.high);
    assert!((Rate::of(8, 10).low - 0.490).abs() < 0.001);
    assert_eq!((Rate::of(0, 0).low, Rate::of(0, 0).high), (0.0, 1.0));
}

#[test]
fn the_curve_falls_and_its_picture_escapes_what_it_is_told() {
    let report = Report::of(&text_cases(), &options(Threshold::Fixed(0.5)));
    assert!(report.curve.windows(2).all(|two| two[0].recall >= two[1].recall && two[0].threshold < two[1].threshold));
    let picture = curve_svg(&report, "a <b> & \"c\"");
    assert!(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
    assert!(picture.contains("a &lt;b&gt; &amp; &quot;c&quot;") && !picture.contains("<b>"));
    assert_eq!(picture.matches("<polyline").count(), 3);
    let empty = Report::of(&[], &options(Threshold::FalseAlarms(0.001)));
    assert_eq!(empty.recall.of, 0);
    assert!(!curve_svg(&empty, "").contains("NaN"));
}
