//! Reading bytes without a bounds check that could fail.

/// The byte at `position`; NUL, which is no markup, beyond the end.
pub(super) fn byte_at(text: &[u8], position: usize) -> u8 {
    text.get(position).copied().unwrap_or(0)
}

/// The bytes of `start..end` as far as they exist.
pub(super) fn slice(text: &[u8], start: usize, end: usize) -> &[u8] {
    text.get(start..end.min(text.len())).unwrap_or_default()
}

/// True when `text` goes on with `needle` at `position`.
pub(super) fn follows(text: &[u8], position: usize, needle: &[u8]) -> bool {
    text.get(position..).is_some_and(|rest| rest.starts_with(needle))
}

/// How often `byte` is repeated from `position` on.
pub(super) fn run_length(text: &[u8], position: usize, byte: u8) -> usize {
    text.get(position..).unwrap_or_default().iter().take_while(|&&other| other == byte).count()
}

/// The first position from `position` on that holds no space, tab or carriage return.
pub(super) fn after_blanks(text: &[u8], position: usize) -> usize {
    let rest = text.get(position..).unwrap_or_default();
    position + rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count()
}
