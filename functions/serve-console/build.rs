//! Makes cargo compile the function again when its embedded files change. The macro that embeds them does not do so.

fn main() {
    println!("cargo::rerun-if-changed=dist");
}
