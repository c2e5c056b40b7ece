//! Who plays: people, and phones with what must be on them.

use std::fmt;

use shared::{crypto::system::System, domain::vendor::Vendor, ports::clock::Entropy};

/// Has a Pixel, served by FCM.
pub const ANA: &str = "Ana";
/// Has a Mate, served by Huawei, and sits at a browser at times.
pub const WEI: &str = "Wei";
/// Has no phone.
pub const KIM: &str = "Kim";

/// Tests the app on phones of the other vendors.
pub const LIN: &str = "Lin";

/// Ana's phone.
pub const PIXEL: &str = "Pixel";
/// Wei's phone.
pub const MATE: &str = "Mate";
/// Lin's phones in the order of a record, and whose push service each has.
pub const LINS: [(&str, Vendor); 5] = [
    ("Magic", Vendor::Honor),
    ("Note", Vendor::Meizu),
    ("Redmi", Vendor::Xiaomi),
    ("Reno", Vendor::Oppo),
    ("iQOO", Vendor::Vivo),
];
/// Wei's other device. It has no push service, so it is never bound.
pub const BROWSER: &str = "Browser";

/// A phone.
#[derive(Debug)]
pub struct Phone {
    /// the client's id of the device
    pub device: &'static str,
    /// whose push service it has
    pub vendor: Vendor,
    /// the vendor's name for the installed app
    pub token: String,
    /// names of installations that are gone
    pub former_tokens: Vec<String>,
    /// what must be in its notification shade, oldest first
    pub shade: Vec<Card>,
    /// how many of these were shown to the reader
    pub read: usize,
}

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// first line
    pub title: String,
    /// text
    pub body: String,
    /// how often it was delivered; more than once shows it once all the same
    pub alerts: u32,
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.title, self.body)?;
        if self.alerts == 1 { Ok(()) } else { write!(f, " (sent {} times)", self.alerts) }
    }
}

impl Phone {
    /// A phone with the app freshly installed.
    pub fn new(device: &'static str, vendor: Vendor) -> Self {
        let token = fresh_token(vendor);
        Self { device, vendor, token, former_tokens: Vec::new(), shade: Vec::new(), read: 0 }
    }

    /// Installs the app again: an empty shade, and another token.
    pub fn install_again(&mut self) {
        self.former_tokens.push(std::mem::replace(&mut self.token, fresh_token(self.vendor)));
        self.shade.clear();
        self.read = 0;
    }

    /// Every token that the phone had.
    pub fn tokens(&self) -> impl Iterator<Item = &String> {
        self.former_tokens.iter().chain([&self.token])
    }
}

/// The name of the app's notifier for a vendor.
pub fn notifier(vendor: Vendor) -> String {
    format!("{vendor}-demo")
}

/// A vendor's name for a reader.
pub fn vendor_name(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Fcm => "FCM",
        Vendor::Huawei => "Huawei",
        Vendor::Honor => "Honor",
        Vendor::Xiaomi => "Xiaomi",
        Vendor::Oppo => "OPPO",
        Vendor::Vivo => "vivo",
        Vendor::Meizu => "Meizu",
    }
}

/// Things one after the other, for a reader.
pub fn listed<T: fmt::Display>(things: impl IntoIterator<Item = T>) -> String {
    let listed: Vec<String> = things.into_iter().map(|thing| thing.to_string()).collect();
    if listed.is_empty() { "nothing".to_owned() } else { listed.join("; ") }
}

/// A token that looks like the vendor's and was never used.
fn fresh_token(vendor: Vendor) -> String {
    let bits = System::default().bits();
    match vendor {
        Vendor::Fcm => format!("demo-{:08x}:APA91b{bits:032x}", bits >> 96),
        Vendor::Huawei => format!("IQAAAACy{bits:032x}"),
        Vendor::Honor => format!("BAEAAAAA{bits:032x}"),
        Vendor::Xiaomi => format!("{bits:032x}+/=="),
        Vendor::Oppo => format!("OPPO_CN_{bits:032x}"),
        Vendor::Vivo => format!("v2-{bits:032x}{bits:032x}"),
        Vendor::Meizu => format!("RA50c6348036344{bits:032x}"),
    }
}
