//! The JSON reader against `JSONTestSuite` (N. Seriot, "Parsing JSON is a Minefield"): what must pass passes, what must not
//! does not.

use std::path::Path;

use wikigrove::enterprise::check;

#[test]
fn judgements_are_those_of_the_test_suite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/jsontestsuite/test_parsing");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return; // the vectors are not here
    };
    let (mut accepted, mut refused) = (0, 0);
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let verdict = check(&std::fs::read(&path).unwrap());
        match name.as_bytes() {
            [b'y', b'_', ..] => {
                accepted += 1;
                assert_eq!(verdict, Ok(()), "{name}");
            }
            [b'n', b'_', ..] => {
                refused += 1;
                assert!(verdict.is_err(), "{name}");
            }
            _ => {} // implementation-defined
        }
    }
    assert!(accepted > 90 && refused > 180, "{accepted} accepted, {refused} refused");
}
