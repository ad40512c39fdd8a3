//! UTF-16 to UTF-8, strictly: an unpaired surrogate is an error, never a replacement character.

use super::error::{Error, ErrorKind};

/// How the 16 bits of a unit are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// The order of a file that starts with these bytes, and the length of its mark; none if it is not UTF-16.
pub(super) fn detect(head: &[u8]) -> Option<(Order, usize)> {
    match head {
        [0xff, 0xfe, ..] => Some((Order::Little, 2)),
        [0xfe, 0xff, ..] => Some((Order::Big, 2)),
        [b'<', 0, ..] => Some((Order::Little, 0)),
        [0, b'<', ..] => Some((Order::Big, 0)),
        _ => None,
    }
}

/// A transcoder between windows.
pub(super) struct Transcoder {
    order: Order,
    /// The first byte of a unit whose second was not met yet.
    half: Option<u8>,
    /// The first unit of a pair whose second was not met yet.
    high: Option<u16>,
    made: u64,
}

impl Transcoder {
    pub(super) fn new(order: Order) -> Self {
        Self { order, half: None, high: None, made: 0 }
    }

    /// Appends `input` as UTF-8 to `output`; `is_last` tells that nothing follows.
    pub(super) fn transcode(&mut self, input: &[u8], output: &mut Vec<u8>, is_last: bool) -> Result<(), Error> {
        output.reserve(input.len());
        let before = output.len();
        let mut result = Ok(());
        let mut input = input;
        if let (Some(first), Some((second, rest))) = (self.half, input.split_first()) {
            (self.half, input) = (None, rest);
            result = self.take([first, *second], output);
        }
        let mut pairs = input.chunks_exact(2);
        for pair in &mut pairs {
            let &[first, second] = pair else { break };
            if result.is_err() {
                break;
            }
            result = self.take([first, second], output);
        }
        if self.half.is_none() {
            self.half = pairs.remainder().first().copied();
        }
        self.made += (output.len() - before) as u64;
        result.map_err(|message| Error::new(ErrorKind::Format, message, self.made))?;
        if is_last && (self.half.is_some() || self.high.is_some()) {
            return Err(Error::new(ErrorKind::Truncated, "the file ends inside a character of UTF-16", self.made));
        }
        Ok(())
    }

    fn take(&mut self, bytes: [u8; 2], output: &mut Vec<u8>) -> Result<(), &'static str> {
        const UNPAIRED: &str = "half a surrogate pair, which is no UTF-16";
        let unit = match self.order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        };
        if let (Ok(byte), None) = (u8::try_from(unit), self.high)
            && byte.is_ascii()
        {
            output.push(byte);
            return Ok(());
        }
        let character = match (self.high.take(), unit) {
            (None, 0xd800..=0xdbff) => {
                self.high = Some(unit);
                return Ok(());
            }
            (Some(high), low @ 0xdc00..=0xdfff) => {
                char::from_u32(0x1_0000 + (u32::from(high & 0x3ff) << 10) + u32::from(low & 0x3ff))
            }
            (None, unit) => char::from_u32(u32::from(unit)),
            (Some(_), _) => None,
        };
        let character = character.ok_or(UNPAIRED)?;
        output.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }
}
