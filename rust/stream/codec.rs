//! What a decoder of one format does, and the loop that feeds it.

use super::error::{Error, ErrorKind};
use super::input::Input;

/// What stands between two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// A stream starts; so many bytes of its header were taken.
    Stream(usize),
    /// So many bytes of padding, which say nothing.
    Padding(usize),
    /// These may be the first bytes of a stream.
    Unsure,
    /// Something else.
    Other,
    /// Nothing that matters: the container told where its content ends.
    End,
}

/// What one step of a decoder came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) taken: usize,
    pub(super) made: usize,
    /// The stream ended.
    pub(super) has_ended: bool,
}

/// Why a stream cannot be decoded on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Damage {
    Corrupt(String),
    Limit(String),
    Truncated,
}

impl Damage {
    /// The error, in a stream of the format `name` at a compressed offset.
    pub(super) fn at(self, name: &str, place: u64, decompressed: u64) -> Error {
        match self {
            Self::Corrupt(detail) => {
                let detail = if detail.is_empty() { detail } else { format!(", {detail}") };
                let message = format!("damaged {name} stream{detail}; compressed offset: {place}");
                Error::new(ErrorKind::Format, message, decompressed)
            }
            Self::Limit(detail) => {
                let message = format!("{name} stream: {detail}; compressed offset: {place}");
                Error::new(ErrorKind::Limit, message, decompressed)
            }
            Self::Truncated => {
                let message = format!("the file ends inside a {name} stream; compressed offset: {place}");
                Error::new(ErrorKind::Truncated, message, decompressed)
            }
        }
    }
}

/// A decoder: bytes in, bytes out.
pub(super) trait Codec: Send {
    /// Looks at what follows a stream, or starts the file.
    fn begin(&mut self, head: &[u8]) -> Result<Begin, Damage>;

    /// Decodes into `output`, which is not empty. `is_end` tells that nothing follows `input`. With damage comes what was
    /// made before it, and it is not called again.
    fn step(&mut self, input: &[u8], output: &mut [u8], is_end: bool) -> (Step, Option<Damage>);
}

/// A codec, the file it reads, and whether it is inside a stream.
pub(super) struct Framed {
    pub(super) name: &'static str,
    codec: Box<dyn Codec>,
    pub(super) input: Input,
    is_inside: bool,
    /// Met behind bytes that are given first.
    damage: Option<Damage>,
}

/// What `Framed::advance` met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Bytes(usize),
    /// A stream starts.
    Stream,
    End,
    /// The end, and behind it something that is no stream, from this compressed offset on.
    Garbage(u64),
}

impl Framed {
    pub(super) fn new(name: &'static str, codec: Box<dyn Codec>, input: Input) -> Self {
        Self { name, codec, input, is_inside: false, damage: None }
    }

    /// Goes one step on. Offsets in errors are those of `decompressed`, the bytes made so far.
    pub(super) fn advance(&mut self, output: &mut [u8], decompressed: u64) -> Result<Event, Error> {
        if self.input.rest().is_empty() && !self.input.at_end() {
            self.input.fill().map_err(|error| Error::io(&error))?;
        }
        if self.is_inside { self.decode(output, decompressed) } else { self.begin(decompressed) }
    }

    fn begin(&mut self, decompressed: u64) -> Result<Event, Error> {
        let offset = self.input.offset();
        let name = self.name;
        loop {
            let rest = self.input.rest();
            if rest.is_empty() && self.input.at_end() {
                return Ok(Event::End);
            }
            let begin = self.codec.begin(rest).map_err(|damage| self.error(damage, decompressed))?;
            match begin {
                Begin::Stream(taken) => {
                    self.input.take(taken);
                    self.is_inside = true;
                    return Ok(Event::Stream);
                }
                Begin::Padding(taken) => {
                    self.input.take(taken);
                    return Ok(Event::Bytes(0));
                }
                Begin::Unsure if self.input.at_end() => {
                    let message =
                        format!("the file ends inside the header of a {name} stream; compressed offset: {offset}");
                    return Err(Error::new(ErrorKind::Truncated, message, decompressed));
                }
                Begin::Unsure => self.input.fill().map_err(|error| Error::io(&error))?,
                Begin::Other => {
                    return only_zeros(&mut self.input).map(|is| if is { Event::End } else { Event::Garbage(offset) });
                }
                Begin::End => return Ok(Event::End),
            }
        }
    }

    fn decode(&mut self, output: &mut [u8], decompressed: u64) -> Result<Event, Error> {
        if let Some(damage) = self.damage.take() {
            return Err(self.error(damage, decompressed));
        }
        let input = self.input.rest();
        let (is_end, has_input) = (self.input.at_end(), !input.is_empty());
        let (step, damage) = self.codec.step(input, output, is_end);
        self.input.take(step.taken);
        self.is_inside = !step.has_ended;
        let is_stuck = step.taken == 0 && step.made == 0 && !step.has_ended;
        self.damage = match damage {
            None if is_stuck && is_end => Some(Damage::Truncated),
            // A decoder that neither takes nor gives would be called for ever (RUSTSEC-2023-0004).
            None if is_stuck && has_input => Some(Damage::Corrupt("the decoder makes no progress".into())),
            damage => damage,
        };
        match self.damage.take_if(|_| step.made == 0) {
            Some(damage) => Err(self.error(damage, decompressed)),
            None => Ok(Event::Bytes(step.made)),
        }
    }

    fn error(&self, damage: Damage, decompressed: u64) -> Error {
        damage.at(self.name, self.input.offset(), decompressed)
    }
}

/// Whether zeros are all that follows: padding, as tapes and block devices leave it.
pub(super) fn only_zeros(input: &mut Input) -> Result<bool, Error> {
    loop {
        let rest = input.rest();
        if rest.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        if input.at_end() {
            return Ok(true);
        }
        input.take(rest.len());
        input.fill().map_err(|error| Error::io(&error))?;
    }
}
