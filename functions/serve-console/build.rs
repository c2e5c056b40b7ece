//! Has cargo compile the function anew when the files that it embeds change. The macro that embeds them does not tell cargo.

fn main() {
    println!("cargo::rerun-if-changed=dist");
}
