//! Writes the assembly of the hybrid kernel into `src/kernel/hybrid/`: `cargo run -p hybrid-gen`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/kernel/hybrid");
    std::fs::create_dir_all(&folder)?;
    for (name, text) in hybrid_gen::files() {
        std::fs::write(folder.join(&name), &text)?;
        println!("{name}: {} lines", text.lines().count());
    }
    Ok(())
}
