//! Makes mutated bzip2 streams pass their check sums, so that a fuzzer gets past them.
//!
//! A decoder as plain as the format's description: one bit at a time, no tables. What it cannot decode it leaves alone.

/// More than this is not decoded: a run of four bytes and a count may stand for 259 bytes.
const MOST_BYTES: usize = 8 << 20;
const BLOCK: u64 = 0x3141_5926_5359;
const END: u64 = 0x1772_4538_5090;

struct Bits<'b> {
    bytes: &'b [u8],
    /// In bits from the start.
    place: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.place / 8)?;
        let bit = byte >> (7 - self.place % 8) & 1;
        self.place += 1;
        Some(u32::from(bit))
    }

    fn number(&mut self, bits: usize) -> Option<u64> {
        (0..bits).try_fold(0, |number, _| Some(number << 1 | u64::from(self.bit()?)))
    }
}

/// Writes the right check sums into all streams that decode, from the front on.
pub fn repair(bytes: &mut [u8]) {
    let mut start = 0;
    while let Some(end) = repair_stream(bytes, start) {
        start = end;
    }
}

/// Repairs the stream at a byte offset; the offset behind it.
fn repair_stream(bytes: &mut [u8], start: usize) -> Option<usize> {
    let level = match bytes.get(start..start + 4)? {
        [b'B', b'Z', b'h', digit @ b'1'..=b'9'] => usize::from(digit - b'0'),
        _ => return None,
    };
    let (mut place, mut combined) = (8 * (start + 4), 0_u32);
    loop {
        let mut bits = Bits { bytes, place };
        match bits.number(48)? {
            BLOCK => {}
            END => {
                write(bytes, place + 48, combined)?;
                return Some((place + 80).div_ceil(8));
            }
            _ => return None,
        }
        bits.number(32)?;
        let decoded = block(&mut bits, level)?;
        let end = bits.place;
        let sum = check_sum(&decoded);
        write(bytes, place + 48, sum)?;
        combined = combined.rotate_left(1) ^ sum;
        place = end;
    }
}

/// Writes 32 bits at a bit offset.
fn write(bytes: &mut [u8], place: usize, value: u32) -> Option<()> {
    for number in 0..32 {
        let (at, bit) = ((place + number) / 8, 7 - (place + number) % 8);
        let byte = bytes.get_mut(at)?;
        *byte = *byte & !(1 << bit) | u8::from(value >> (31 - number) & 1 == 1) << bit;
    }
    Some(())
}

fn block(bits: &mut Bits<'_>, level: usize) -> Option<Vec<u8>> {
    if bits.bit()? == 1 {
        return None; // randomised: obsolete since 1998
    }
    let origin = usize::try_from(bits.number(24)?).ok()?;
    let ranges = bits.number(16)?;
    let mut used = Vec::new();
    for range in 0..16_u8 {
        if ranges >> (15 - range) & 1 == 1 {
            let members = bits.number(16)?;
            used.extend(
                (0..16_u8).filter(|member| members >> (15 - member) & 1 == 1).map(|member| 16 * range + member),
            );
        }
    }
    let symbols = used.len() + 2;
    let groups = usize::try_from(bits.number(3)?).ok()?;
    let count = usize::try_from(bits.number(15)?).ok()?;
    if used.is_empty() || !(2..=6).contains(&groups) || count == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..groups).collect();
    let mut selectors = Vec::with_capacity(count);
    for _ in 0..count {
        let mut place = 0;
        while bits.bit()? == 1 {
            place += 1;
        }
        if place >= groups {
            return None;
        }
        let chosen = order.remove(place);
        order.insert(0, chosen);
        selectors.push(chosen);
    }
    let mut codes = Vec::new();
    for _ in 0..groups {
        let mut length = bits.number(5)?;
        let mut lengths = Vec::with_capacity(symbols);
        for _ in 0..symbols {
            loop {
                if !(1..=20).contains(&length) {
                    return None;
                }
                if bits.bit()? == 0 {
                    break;
                }
                length = if bits.bit()? == 0 { length + 1 } else { length - 1 };
            }
            lengths.push(length);
        }
        codes.push(canonical(&lengths));
    }
    let moved = symbols_of(bits, &selectors, &codes, &used, 100_000 * level)?;
    unrun(&untransform(&moved, origin)?)
}

/// Codes in order of length, then symbol: (length, code, symbol).
fn canonical(lengths: &[u64]) -> Vec<(u64, u64, usize)> {
    let mut codes = Vec::with_capacity(lengths.len());
    let mut code = 0;
    for length in 1..=20 {
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, own)| **own == length) {
            codes.push((length, code, symbol));
            code += 1;
        }
        code <<= 1;
    }
    codes
}

/// Huffman codes, runs and the move-to-front list: the transformed block.
fn symbols_of(
    bits: &mut Bits<'_>,
    selectors: &[usize],
    codes: &[Vec<(u64, u64, usize)>],
    used: &[u8],
    most: usize,
) -> Option<Vec<u8>> {
    let mut list = used.to_vec();
    let mut out = Vec::new();
    let (mut run, mut weight) = (0_usize, 1_usize);
    for number in 0.. {
        let codes = codes.get(*selectors.get(number / 50)?)?;
        let (mut code, mut length) = (0, 0);
        let symbol = loop {
            code = code << 1 | u64::from(bits.bit()?);
            length += 1;
            if length > 20 {
                return None;
            }
            if let Some(found) = codes.iter().find(|own| own.0 == length && own.1 == code) {
                break found.2;
            }
        };
        if symbol < 2 {
            run += weight << symbol;
            weight *= 2;
            if run > most {
                return None;
            }
            continue;
        }
        out.extend(std::iter::repeat_n(list[0], run));
        (run, weight) = (0, 1);
        if symbol == used.len() + 1 {
            break;
        }
        let byte = list.remove(symbol - 1);
        list.insert(0, byte);
        out.push(byte);
        if out.len() > most {
            return None;
        }
    }
    (out.len() <= most).then_some(out)
}

/// The inverse of the Burrows-Wheeler transform.
fn untransform(moved: &[u8], origin: usize) -> Option<Vec<u8>> {
    if origin >= moved.len() {
        return None;
    }
    let mut order: Vec<usize> = (0..moved.len()).collect();
    order.sort_by_key(|place| moved[*place]); // stable
    let mut out = Vec::with_capacity(moved.len());
    let mut place = order[origin];
    for _ in 0..moved.len() {
        out.push(moved[place]);
        place = order[place];
    }
    Some(out)
}

/// Four equal bytes are followed by a count of more.
fn unrun(runs: &[u8]) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(runs.len());
    let mut equal = 0;
    for &byte in runs {
        if equal == 4 {
            let last = *out.last()?;
            out.extend(std::iter::repeat_n(last, usize::from(byte)));
            equal = 0;
            if out.len() > MOST_BYTES {
                return None;
            }
            continue;
        }
        equal = if out.last() == Some(&byte) && equal > 0 { equal + 1 } else { 1 };
        out.push(byte);
    }
    Some(out)
}

/// CRC-32, most significant bit first.
fn check_sum(bytes: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|index| {
        (0..8).fold((index as u32) << 24, |sum, _| sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 })
    });
    !bytes.iter().fold(!0, |sum: u32, byte| sum << 8 ^ table[(sum >> 24) as usize ^ usize::from(*byte)])
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn wrong_sums_are_made_right_and_nothing_else_is_changed() {
        for sample in [&b""[..], b"a", &b"ab".repeat(700), &[0; 5_000], b"aaaa\x03aaaaaaaabbbbbbbbbb\xff"] {
            let mut packed = Vec::new();
            for _ in 0..2 {
                bzip2::read::BzEncoder::new(sample, bzip2::Compression::fast())
                    .read_to_end(&mut packed)
                    .expect("packs");
            }
            let mut broken = packed.clone();
            if !sample.is_empty() {
                broken[10] ^= 0x55;
            }
            let end = broken.len() - 2;
            broken[end] ^= 0xff;
            repair(&mut broken);
            assert_eq!(broken, packed);
        }
    }
}
