//! The built files of the console, embedded with a Brotli and a gzip form of each.

use rust_embed_for_web::{EmbedableFile, RustEmbed};

use crate::encoding::Encoding;

/// The output of `ui/`. Names under `assets/` contain a hash of the content.
#[derive(RustEmbed)]
#[folder = "dist/"]
struct Dist;

/// The page.
pub(crate) const INDEX: &str = "index.html";
const HASHED: &str = "assets/";

/// A file of the console.
pub(crate) struct File(rust_embed_for_web::EmbeddedFile);

impl File {
    /// Returns the file with this name, if the console has it.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Dist::get(name).map(Self)
    }

    /// Returns the content with its encoding: the first accepted one that the file is stored in.
    pub(crate) fn content(&self, accepted: &[Encoding]) -> (Encoding, &'static [u8]) {
        let form = |encoding: &Encoding| match encoding {
            Encoding::Brotli => self.0.data_br(),
            Encoding::Gzip => self.0.data_gzip(),
            Encoding::Identity => Some(self.0.data()),
        };
        accepted
            .iter()
            .find_map(|encoding| form(encoding).map(|bytes| (*encoding, bytes)))
            .unwrap_or_else(|| (Encoding::Identity, self.0.data()))
    }

    /// Returns the validator of the content, quoted.
    pub(crate) fn etag(&self) -> &'static str {
        self.0.etag()
    }

    /// Returns the media type.
    pub(crate) fn media_type(&self) -> &'static str {
        self.0.mime_type().unwrap_or("application/octet-stream")
    }

    /// Returns whether the name changes with the content. Then clients may cache the file for ever.
    pub(crate) fn is_hashed(name: &str) -> bool {
        name.starts_with(HASHED)
    }
}
