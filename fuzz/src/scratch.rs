//! A file in memory, because the readers open by name.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Writes the one file of this process anew.
///
/// # Panics
/// When it cannot be written.
pub fn scratch(bytes: &[u8]) -> PathBuf {
    static FILE: OnceLock<(PathBuf, File)> = OnceLock::new();
    let (path, file) = FILE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() };
        let path = folder.join(format!("wikigrove-fuzz-{}", std::process::id()));
        let file = File::create(&path).expect("a scratch file can be made");
        // Where an open file has a name of its own, nothing is left behind by a fuzzer that was stopped.
        let own = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        if own.exists() && std::fs::remove_file(&path).is_ok() {
            return (own, file);
        }
        (path, file)
    });
    file.set_len(0).expect("truncates");
    file.write_all_at(bytes, 0).expect("writes");
    path.clone()
}

/// # Panics
/// Never: memory takes everything.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packs");
    encoder.finish().expect("packs")
}
