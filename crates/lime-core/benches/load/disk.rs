//! What a durable write costs on the disk that is measured.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Samples;

/// How much one write of a store changes: some pages.
const WRITE: [u8; 16 * 1024] = [0x5a; 16 * 1024];

/// The directory of a store that is on a disk.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// `None` for a store that is not.
    pub(crate) fn of(store: &str) -> Option<Self> {
        let path = Path::new(store.strip_prefix("sqlite:")?);
        path.parent()
            .map(|directory| Self(if directory == Path::new("") { ".".into() } else { directory.into() }))
    }

    /// Adds the milliseconds of 100 `fdatasync`, each after some bytes of a file were written again.
    pub(crate) fn sync(&self, millis: &mut Samples) -> io::Result<()> {
        let mut file: File = tempfile::tempfile_in(&self.0)?;
        file.write_all(&WRITE)?;
        file.sync_all()?;
        for _ in 0..100 {
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&WRITE)?;
            let begun = Instant::now();
            file.sync_data()?;
            millis.0.push(1e3 * begun.elapsed().as_secs_f64());
        }
        Ok(())
    }
}
