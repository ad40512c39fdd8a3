//! Decodes a bzip2 file to standard output, or only counts its bytes: what `bench_bzip2.py` measures.
//!
//! `bunzip2 FILE [--threads N] [--kernel NAME] [--count]`

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};

use wikigrove::bzip2::{Kernel, Reader};

fn main() -> Result<(), Box<dyn Error>> {
    let (mut path, mut threads, mut kernel, mut is_counting) = (None, 1, Kernel::widest(), false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--count" => is_counting = true,
            "--threads" => threads = arguments.next().ok_or("--threads takes a number")?.parse()?,
            "--kernel" => {
                let name = arguments.next().ok_or("--kernel takes a name")?;
                let found = Kernel::runnable().into_iter().find(|kernel| kernel.name() == name);
                kernel = found.ok_or_else(|| format!("this machine does not run the kernel: {name}"))?;
            }
            _ => path = Some(argument),
        }
    }
    let file = File::open(path.ok_or("a file is missing")?)?;
    let mut reader = Reader::new(file, threads).with_kernel(kernel);
    let mut output = io::stdout().lock();
    let mut total = 0;
    while let Some(piece) = reader.next_piece()? {
        total += piece.bytes.len();
        if !is_counting {
            output.write_all(&piece.bytes)?;
        }
        reader.recycle(piece.bytes);
    }
    if is_counting {
        writeln!(output, "{total}")?;
    }
    Ok(())
}
