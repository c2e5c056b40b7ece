//! Secrets and private texts of the run, which must never appear in logs.
//!
//! Those that tests make contain one of the run's two marks. Those from elsewhere are noted. All of them are stored in
//! a file beside the stack's description, so that the last step of `make e2e` searches for them once more.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use curlew_tests::{
    canaries::Search,
    stack::{Issued, Refusals},
};
use shared::{crypto::system::System, ports::clock::Entropy};

static MARK: OnceLock<String> = OnceLock::new();
static CREDENTIAL_MARK: OnceLock<String> = OnceLock::new();
static NOTED: Mutex<BTreeSet<(Kind, String)>> = Mutex::new(BTreeSet::new());
static FILE: OnceLock<PathBuf> = OnceLock::new();
static REFUSALS: OnceLock<Refusals> = OnceLock::new();
static ISSUED: OnceLock<Issued> = OnceLock::new();
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Who may see a canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// a text, a device token, a name: queue records may have it, logs may not
    Private,
    /// a credential or a bearer: nothing that a function writes may have it
    Credential,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Private, Self::Credential];

    /// Returns its word in the file.
    const fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Credential => "credential",
        }
    }
}

/// Stores this run's canaries in a file, and reads those that others stored there.
pub fn store_in(file: PathBuf) {
    FILE.get_or_init(|| file);
    keep(Kind::Private, mark());
    keep(Kind::Credential, credential_mark());
}

/// Returns sixteen letters and digits that were never used before.
pub fn fresh() -> String {
    format!("{:032x}", System::default().bits())[16..].to_owned()
}

/// Returns a number that this run has not used before.
pub fn count() -> u64 {
    COUNT.fetch_add(1, Ordering::SeqCst)
}

/// Returns the text that every private text of this run contains.
pub fn mark() -> &'static str {
    MARK.get_or_init(|| format!("canary{}", fresh()))
}

fn credential_mark() -> &'static str {
    CREDENTIAL_MARK.get_or_init(|| format!("secret{}", fresh()))
}

/// Returns a new private text of letters and digits.
pub fn secret() -> String {
    format!("{}x{}", mark(), count())
}

/// Returns a new credential of letters and digits.
pub fn credential() -> String {
    format!("{}x{}", credential_mark(), count())
}

/// Notes a credential or a bearer that was made elsewhere.
pub fn note(credential: &str) {
    keep(Kind::Credential, credential);
}

/// Notes a private text that was made elsewhere.
pub fn note_private(text: &str) {
    keep(Kind::Private, text);
}

/// Returns the search of what logs, metrics and error answers may not show: everything.
pub fn everything() -> Search {
    search(&Kind::ALL)
}

/// Returns the search of what queue records may not have: credentials and bearers.
pub fn credentials() -> Search {
    search(&[Kind::Credential])
}

/// Returns every error answer of this run.
pub fn refusals() -> Refusals {
    REFUSALS.get_or_init(Refusals::default).clone()
}

/// Returns every secret that an answer of this run issued.
pub fn issued() -> Issued {
    ISSUED.get_or_init(Issued::default).clone()
}

/// Notes what answers issued so far.
pub fn note_issued() {
    let issued = std::mem::take(&mut *issued().lock().unwrap_or_else(PoisonError::into_inner));
    issued.iter().for_each(|secret| note(secret));
}

/// Adds a canary to the run's, and to the file.
fn keep(kind: Kind, text: &str) {
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    if noted.insert((kind, text.to_owned()))
        && let Some(file) = FILE.get()
    {
        let mut file = OpenOptions::new().create(true).append(true).open(file).expect("the file of canaries");
        writeln!(file, "{} {text}", kind.word()).expect("a line in the file of canaries");
    }
}

fn search(kinds: &[Kind]) -> Search {
    note_issued();
    let file = FILE.get().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    let of_kind =
        |line: &str| kinds.iter().find_map(|kind| line.strip_prefix(kind.word())?.strip_prefix(' ').map(str::to_owned));
    let stored: BTreeSet<String> = file.lines().filter_map(of_kind).collect();
    Search::new(stored.iter().map(String::as_str))
}
