//! The table of wikitexts with their plain texts and losses, which the Python tests read too.

use serde_json::Value;
use wikigrove::text::{Loss, Namespaces, plain_text};

const CASES: &str = include_str!("data/wikitext/cases.json");

#[test]
fn every_case_reads_as_written() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() >= 120, "{}", cases.len());
    let namespaces = Namespaces::default();
    let mut wrong = Vec::new();
    for case in &cases {
        let field = |name: &str| case[name].as_str().unwrap();
        let got = plain_text(field("wikitext"), &namespaces);
        let losses: Value = got.losses.iter().map(loss_entry).collect::<serde_json::Map<_, _>>().into();
        if got.text != field("text") || losses != case["losses"] {
            wrong.push(format!(
                "{}: got {:?} {losses}, want {:?} {}",
                case["name"],
                got.text,
                field("text"),
                case["losses"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn loss_entry(loss: &Loss) -> (String, Value) {
    (loss.kind.name().to_owned(), serde_json::json!([loss.count, loss.bytes]))
}
