//! gzip, told by its first bytes.

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Read, Write};

/// What every file of gzip begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The bytes unpacked if they are gzip, else as they are. What is longer than `most` is cut right
/// after it, for the caller to refuse.
///
/// # Errors
///
/// If they begin as gzip and are none.
pub fn unpack(bytes: Vec<u8>, most: usize) -> io::Result<Vec<u8>> {
    if !bytes.starts_with(&MAGIC) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(&*bytes)
        .take(one_more(most))
        .read_to_end(&mut unpacked)?;
    Ok(unpacked)
}

/// The bytes as gzip; equal bytes give equal bytes, since no time and no name is written.
///
/// # Errors
///
/// None that memory is known to have.
pub fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// One byte more than is allowed: enough to see that it is too much.
pub(crate) fn one_more(most: usize) -> u64 {
    u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_within_bounds() {
        let packed = pack(&[b'a'; 1000]).unwrap();
        assert!(packed.len() < 100);
        assert_eq!(pack(&[b'a'; 1000]).unwrap(), packed);
        assert_eq!(unpack(packed.clone(), 1000).unwrap(), [b'a'; 1000]);
        assert_eq!(unpack(packed.clone(), 10).unwrap(), [b'a'; 11]);
        assert_eq!(unpack(b"plain".to_vec(), 3).unwrap(), b"plain");
        let twice = [packed.clone(), packed.clone()].concat();
        assert_eq!(unpack(twice, 5000).unwrap().len(), 2000);
        assert!(unpack(packed[..20].to_vec(), 1000).is_err());
        assert!(unpack(MAGIC.to_vec(), 1000).is_err());
    }
}
