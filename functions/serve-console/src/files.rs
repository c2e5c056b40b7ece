//! The built files of the console, embedded with a Brotli and a gzip form of each.

use rust_embed_for_web::{EmbedableFile, RustEmbed};

use crate::encoding::Encoding;

/// What `ui/` builds. Names of what stands under `assets/` hold a hash of the content.
#[derive(RustEmbed)]
#[folder = "dist/"]
struct Dist;

/// The page.
pub(crate) const INDEX: &str = "index.html";
const HASHED: &str = "assets/";

/// A file of the console.
pub(crate) struct File(rust_embed_for_web::EmbeddedFile);

impl File {
    /// The file of this name, if the console has it.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Dist::get(name).map(Self)
    }

    /// The content and how it is encoded: the first of these that the file has a form of.
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

    /// The validator of the content, quoted.
    pub(crate) fn etag(&self) -> &'static str {
        self.0.etag()
    }

    /// The media type.
    pub(crate) fn media_type(&self) -> &'static str {
        self.0.mime_type().unwrap_or("application/octet-stream")
    }

    /// Whether the name changes with the content, so that a copy of the file is good for ever.
    pub(crate) fn is_hashed(name: &str) -> bool {
        name.starts_with(HASHED)
    }
}
