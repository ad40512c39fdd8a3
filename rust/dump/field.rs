//! Values of simple elements: numbers, times, short texts.

use std::borrow::Cow;

use super::children::Child;
use super::decode::{LineEnds, RawText};
use super::error::{Fault, Reason, shown};

/// The raw content of a child element.
pub(crate) fn raw<'a>(bytes: &'a [u8], child: &Child<'a>) -> RawText<'a> {
    let content = bytes.get(child.content_start..child.content_end).unwrap_or_default();
    RawText { bytes: content, start: child.content_start, markup: child.inside }
}

/// A text of at most `limit` raw bytes.
pub(crate) fn text<'a>(bytes: &'a [u8], child: &Child<'a>, limit: usize) -> Result<Cow<'a, str>, Fault> {
    let content = raw(bytes, child);
    let text = content.decode(LineEnds::Normalised)?;
    if text.len() > limit {
        let name = shown(child.open.name(bytes));
        return Err(Fault::new(
            Reason::FieldTooLarge,
            format!("bytes of {name} above the limit of {limit}: {}", text.len()),
        ));
    }
    Ok(text)
}

/// A text without blanks around it; `None` when nothing is left.
pub(crate) fn word<'a>(bytes: &'a [u8], child: &Child<'a>, limit: usize) -> Result<Option<Cow<'a, str>>, Fault> {
    let text = match text(bytes, child, limit)? {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(text.trim_ascii().to_owned()),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A whole number; `None` for an empty element.
pub(crate) fn number(bytes: &[u8], child: &Child<'_>) -> Result<Option<i64>, Fault> {
    /// More than any number has, so that a giant one is not decoded.
    const NUMBER_BYTES: usize = 64;
    let content = raw(bytes, child);
    if let Some(value) = content.markup.is_empty().then(|| digits(content.bytes)).flatten() {
        return Ok(Some(value));
    }
    let Some(digits) = word(bytes, child, NUMBER_BYTES)? else {
        return Ok(None);
    };
    let bad =
        || Fault::new(Reason::BadNumber, format!("{}: {}", shown(child.open.name(bytes)), shown(digits.as_bytes())));
    parse_number(&digits).ok_or_else(bad).map(Some)
}

/// The value of up to 18 digits, which cannot overflow.
fn digits(written: &[u8]) -> Option<i64> {
    let fits = (1..=18).contains(&written.len()) && written.iter().all(u8::is_ascii_digit);
    fits.then(|| written.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

/// An id: a whole number above zero.
pub(crate) fn id(bytes: &[u8], child: &Child<'_>) -> Result<Option<i64>, Fault> {
    let found = number(bytes, child)?;
    match found {
        Some(value) if value <= 0 => Err(Fault::new(Reason::BadNumber, format!("id below 1: {value}"))),
        _ => Ok(found),
    }
}

/// Decimal digits with an optional minus; no plus, which `str::parse` would take.
pub(crate) fn parse_number(digits: &str) -> Option<i64> {
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

/// Microseconds since 1970 of a time written as `2001-01-21T02:12:21Z`; `None` for an empty element.
pub(crate) fn timestamp(bytes: &[u8], child: &Child<'_>) -> Result<Option<i64>, Fault> {
    let content = raw(bytes, child);
    if let Some(time) = content.markup.is_empty().then(|| parse_timestamp(content.bytes)).flatten() {
        return Ok(Some(time));
    }
    let Some(written) = word(bytes, child, super::limits::NAME_BYTES)? else {
        return Ok(None);
    };
    let bad = || Fault::new(Reason::BadTimestamp, format!("no time: {}", shown(written.as_bytes())));
    parse_timestamp(written.as_bytes()).ok_or_else(bad).map(Some)
}

fn parse_timestamp(written: &[u8]) -> Option<i64> {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:ddZ";
    let fits = |(byte, shape): (&u8, &u8)| {
        if *shape == b'd' { byte.is_ascii_digit() } else { byte == shape }
    };
    if written.len() != SHAPE.len() || !written.iter().zip(SHAPE).all(fits) {
        return None;
    }
    let part = |from: usize, to: usize| {
        written.get(from..to).unwrap_or_default().iter().fold(0i64, |value, digit| value * 10 + i64::from(digit - b'0'))
    };
    let (year, month, day) = (part(0, 4), part(5, 7), part(8, 10));
    let (hour, minute, second) = (part(11, 13), part(14, 16), part(17, 19));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_of_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * 1_000_000)
}

/// Days of the proleptic Gregorian calendar, by eras of 400 years that start in March (H. Hinnant, `days_from_civil`).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (written, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2001-01-21T02:12:21Z", 980_043_141),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("1969-12-31T23:59:59Z", -1),
            ("0000-03-01T00:00:00Z", -62_162_035_200),
        ] {
            assert_eq!(parse_timestamp(written.as_bytes()), Some(seconds * 1_000_000), "{written}");
        }
        for bad in [
            "2001-02-29T00:00:00Z",
            "2001-13-01T00:00:00Z",
            "2001-01-00T00:00:00Z",
            "2001-01-01T24:00:00Z",
            "2001-01-01 00:00:00",
            "",
            "2001-01-01T00:00:0½",
        ] {
            assert_eq!(parse_timestamp(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn days_follow_each_other() {
        let mut expected = days_since_1970(1999, 1, 1);
        for year in 1999..2105 {
            for month in 1..=12 {
                for day in 1..=31 {
                    let written = format!("{year:04}-{month:02}-{day:02}T00:00:00Z");
                    if let Some(found) = parse_timestamp(written.as_bytes()) {
                        assert_eq!(found, expected * 86_400_000_000, "{written}");
                        expected += 1;
                    }
                }
            }
        }
    }

    #[test]
    fn numbers_are_strict() {
        assert_eq!(parse_number("5000000000"), Some(5_000_000_000));
        assert_eq!(parse_number("-1"), Some(-1));
        for bad in ["+1", "1.0", "9223372036854775808", "0x1", "1 2", ""] {
            assert_eq!(parse_number(bad), None, "{bad}");
        }
    }
}
