//! Public vectors and real dumps beside the repository; without them there is nothing to compare.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn shared() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared")
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "bz2") {
            found.push(path);
        }
    }
}

#[test]
fn real_files_are_read_as_by_libbz2() {
    let mut paths = Vec::new();
    collect(&shared(), &mut paths);
    for path in paths {
        let data = fs::read(&path).unwrap();
        let mut expected = Vec::new();
        let verdict = MultiBzDecoder::new(data.as_slice()).read_to_end(&mut expected);
        let outcome = read_all_ways(&data);
        assert_eq!(outcome.error.is_none(), verdict.is_ok(), "{}: {:?}", path.display(), outcome.error);
        if verdict.is_ok() {
            assert!(outcome.bytes() == expected, "other bytes: {}", path.display());
        }
    }
}

#[test]
fn old_randomised_blocks_are_read() {
    if let Ok(data) = fs::read(shared().join("vectors/bzip2/tests/input/randomized-blocks.bin")) {
        let outcome = read_all_ways(&data);
        assert_eq!((outcome.shown_error(), outcome.bytes().len()), (None, 98_696));
        assert!(outcome.bytes() == oracle(&data).unwrap());
    }
}

#[test]
fn more_selectors_than_a_block_can_use_are_read() {
    if let Ok(data) = fs::read(shared().join("data/content-export-v2/lbzip2_32767.bz2")) {
        let outcome = read_all_ways(&data);
        assert_eq!((outcome.shown_error(), outcome.bytes().len()), (None, 5));
    }
}
