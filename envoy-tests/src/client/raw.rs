//! HTTP/1.1 byte by byte, for what a library refuses to send.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, BufReader};

use super::dial::Stream;
use super::{Answer, Call};

/// More than any answer of ours has.
const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 64 * 1024 * 1024;

/// A request as it is, without checking anything.
pub(super) fn request(call: &Call) -> Vec<u8> {
    let mut bytes = format!(
        "{} {} HTTP/1.1\r\nhost: {}\r\n",
        call.method, call.path, call.host
    )
    .into_bytes();
    for (name, value) in &call.headers {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    }
    if !call.body.is_empty() {
        bytes.extend_from_slice(format!("content-length: {}\r\n", call.body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&call.body);
    bytes
}

/// Reads one answer; one to HEAD has no body whatever its headers say.
pub(super) async fn answer(stream: &mut Box<dyn Stream>, to_head: bool) -> Result<Answer> {
    let mut stream = BufReader::new(stream);
    let mut answer = head(&mut stream).await?;
    let chunked = answer.header("transfer-encoding") == Some(b"chunked");
    let length = answer.header("content-length").map(<[u8]>::to_vec);
    answer.body = match (
        to_head || matches!(answer.status, 204 | 304),
        chunked,
        length,
    ) {
        (true, ..) => Vec::new(),
        (false, true, _) => chunks(&mut stream).await?,
        (false, false, Some(length)) => {
            exactly(&mut stream, String::from_utf8(length)?.parse()?).await?
        }
        (false, false, None) => {
            let mut body = Vec::new();
            stream
                .take(u64::try_from(MAX_BODY)?)
                .read_to_end(&mut body)
                .await?;
            body
        }
    };
    Ok(answer)
}

async fn head(stream: &mut (impl AsyncReadExt + Unpin)) -> Result<Answer> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if bytes.len() == MAX_HEAD {
            bail!("an endless answer");
        }
        let read = stream.read_u8().await;
        bytes.push(read.with_context(|| format!("closed after {} bytes", bytes.len()))?);
    }
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut headers);
    response
        .parse(&bytes)
        .context("an answer that is not HTTP/1.1")?;
    let pair =
        |header: &httparse::Header<'_>| (header.name.to_ascii_lowercase(), header.value.to_vec());
    Ok(Answer {
        status: response.code.context("an answer without a status")?,
        headers: response.headers.iter().map(pair).collect(),
        body: Vec::new(),
    })
}

async fn chunks(stream: &mut (impl AsyncReadExt + Unpin)) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while body.len() < MAX_BODY {
        let size = line(stream).await?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
        body.extend(exactly(stream, size).await?);
        line(stream).await?;
        if size == 0 {
            return Ok(body);
        }
    }
    bail!("an endless answer")
}

async fn line(stream: &mut (impl AsyncReadExt + Unpin)) -> Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n") {
        if bytes.len() == MAX_HEAD {
            bail!("an endless line");
        }
        bytes.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(bytes)?)
}

async fn exactly(stream: &mut (impl AsyncReadExt + Unpin), length: usize) -> Result<Vec<u8>> {
    if length > MAX_BODY {
        bail!("an answer of {length} bytes");
    }
    let mut bytes = vec![0; length];
    stream
        .read_exact(&mut bytes)
        .await
        .context("the answer broke off")?;
    Ok(bytes)
}
