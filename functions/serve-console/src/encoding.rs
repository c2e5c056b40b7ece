//! The encodings that a client accepts.

/// A form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
    /// not encoded
    Identity,
}

impl Encoding {
    /// Returns the value of `Content-Encoding`, or `None` for a file that is not encoded.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Parses `Accept-Encoding`. The smallest form comes first. Without the header a file is not encoded.
    pub(crate) fn accepted(header: Option<&str>) -> Vec<Self> {
        let allowed = |name: &str| {
            header.unwrap_or_default().split(',').any(|entry| {
                let (coding, weight) = entry.split_once(';').unwrap_or((entry, "q=1"));
                let refused = weight.trim().strip_prefix("q=").and_then(|q| q.trim().parse().ok()) == Some(0.0);
                coding.trim().eq_ignore_ascii_case(name) && !refused
            })
        };
        [Self::Brotli, Self::Gzip, Self::Identity]
            .into_iter()
            .filter(|encoding| encoding.name().is_none_or(allowed))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_form_that_a_client_takes_comes_first() {
        use Encoding::{Brotli, Gzip, Identity};
        for (header, expected) in [
            (None, vec![Identity]),
            (Some(""), vec![Identity]),
            (Some("gzip, deflate, br, zstd"), vec![Brotli, Gzip, Identity]),
            (Some("gzip"), vec![Gzip, Identity]),
            (Some("br;q=0, gzip;q=0.5"), vec![Gzip, Identity]),
            (Some("BR ; q=1.0"), vec![Brotli, Identity]),
            (Some("brotli, x-gzip"), vec![Identity]),
        ] {
            assert_eq!(Encoding::accepted(header), expected, "{header:?}");
        }
    }
}
