//! Calls each target with its corpus and with mutations of it.

use std::{collections::BTreeSet, fs, panic};

use curlew_fuzz::{TARGETS, Target, corpus, mutate::Mutator};

/// Mutations of each stored input.
const MUTATIONS: usize = 12;

/// Calls a target with an input. A failure names the input, stores it, and says how to repeat it.
fn call(target: &Target, name: &str, input: &[u8]) {
    if panic::catch_unwind(|| (target.check)(input)).is_err() {
        let path = std::env::temp_dir().join(format!("curlew-fuzz-{}-{name}", target.name));
        fs::write(&path, input).expect("a temporary file");
        panic!(
            "{} fails on {name}: {:?}. Repeat it by `make fuzz TARGET={} INPUT={}`, and keep it in the corpus",
            target.name,
            String::from_utf8_lossy(input),
            target.name,
            path.display()
        );
    }
}

/// Declares a test for each target.
macro_rules! replay {
    ($($target:ident),* $(,)?) => {
        $(#[test]
        fn $target() {
            let target = TARGETS.iter().find(|target| target.name == stringify!($target)).unwrap();
            let inputs = corpus::read(target.name).unwrap();
            assert!(!inputs.is_empty(), "no corpus");
            let mut mutator = Mutator::new(1);
            for (number, (name, input)) in inputs.iter().enumerate() {
                call(target, name, input);
                for _ in 0..MUTATIONS {
                    let (_, other) = &inputs[(number * 7 + 1) % inputs.len()];
                    call(target, "a-mutation", &mutator.mutated(input, other));
                }
            }
        })*

        #[test]
        fn every_target_is_replayed_and_every_folder_belongs_to_a_target() {
            let replayed = BTreeSet::from([$(stringify!($target).to_owned()),*]);
            let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
            let folders = fs::read_dir(corpus::folder("")).unwrap();
            let folders: BTreeSet<String> =
                folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
            assert_eq!((&replayed, &replayed), (&targets, &folders));
        }
    };
}

replay! {
    bodies, callback_answers, credentials, cursors, events, frames, ids, queue_records, receipts, routes, templates,
    token_answers, tokens, urls, vendor_answers,
}

#[test]
fn stored_inputs_are_small() {
    for target in TARGETS {
        for (name, input) in corpus::read(target.name).unwrap() {
            assert!(input.len() as u64 <= corpus::LARGEST, "{} {name}", target.name);
        }
    }
}
