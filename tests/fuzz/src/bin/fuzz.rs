//! libFuzzer on the target that `CURLEW_FUZZ_TARGET` names: `make fuzz`.

#![no_main]

use std::sync::OnceLock;

use curlew_fuzz::{TARGETS, Target};

static TARGET: OnceLock<&'static Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("CURLEW_FUZZ_TARGET").unwrap_or_default();
        TARGETS.iter().find(|target| target.name == name).expect("CURLEW_FUZZ_TARGET names a target")
    });
    (target.check)(input);
});
