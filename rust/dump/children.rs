//! The children of a framed element.

use super::scan::{Kind, Markup};

/// A child element: its open tag, the markup inside it, and where its content lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child<'t> {
    pub(crate) open: Markup,
    pub(crate) inside: &'t [Markup],
    pub(crate) content_start: usize,
    pub(crate) content_end: usize,
}

/// The direct children among the balanced markup inside an element.
pub(crate) fn children(mut inside: &[Markup]) -> impl Iterator<Item = Child<'_>> {
    std::iter::from_fn(move || {
        loop {
            let (open, rest) = inside.split_first()?;
            inside = rest;
            match open.kind {
                Kind::Empty => {
                    let (content_start, content_end) = (open.end, open.end);
                    return Some(Child { open: *open, inside: &[], content_start, content_end });
                }
                Kind::Open => {
                    let mut depth = 1usize;
                    let close = rest.iter().position(|found| {
                        depth = match found.kind {
                            Kind::Open => depth + 1,
                            Kind::Close => depth - 1,
                            _ => depth,
                        };
                        depth == 0
                    })?;
                    let (within, after) = rest.split_at_checked(close)?;
                    let (close, after) = after.split_first()?;
                    inside = after;
                    let (content_start, content_end) = (open.end, close.start);
                    return Some(Child { open: *open, inside: within, content_start, content_end });
                }
                _ => {}
            }
        }
    })
}
