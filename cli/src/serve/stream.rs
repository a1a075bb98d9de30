//! A connection whose client must get on with it: send a request head in time, read its answer in
//! time.

use super::limits;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// What the server does with a connection.
#[derive(Debug, Default)]
pub(super) struct Phase {
    requests: AtomicUsize,
    is_answering: AtomicBool,
}

impl Phase {
    /// The head of a request is complete.
    pub(super) fn begin(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.is_answering.store(true, Ordering::Relaxed);
    }

    /// Its answer is ready to be written.
    pub(super) fn end(&self) {
        self.is_answering.store(false, Ordering::Relaxed);
    }
}

/// How many bytes of an answer must be read in [`limits::WRITE_TIME`].
const WRITE_STEP: usize = 64 * 1024;

/// A connection with bounds in time.
#[derive(Debug)]
pub(super) struct Stream<S> {
    inner: S,
    phase: Arc<Phase>,
    /// The request that `head` is of.
    request: usize,
    /// When the head that is being read must be complete.
    head: Option<Pin<Box<Sleep>>>,
    /// When the next piece of the answer must be read.
    write: Option<Pin<Box<Sleep>>>,
    written: usize,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, phase: Arc<Phase>) -> Self {
        Self {
            inner,
            phase,
            request: 0,
            head: None,
            write: None,
            written: 0,
        }
    }

    /// Whether a head is being read; its time begins with its first byte.
    fn is_reading_head(&mut self) -> bool {
        let request = self.phase.requests.load(Ordering::Relaxed);
        if request != self.request {
            self.request = request;
            self.head = None;
        }
        !self.phase.is_answering.load(Ordering::Relaxed)
    }

    fn progress(&mut self, bytes: usize) {
        self.written = self.written.saturating_add(bytes);
        if self.written >= WRITE_STEP {
            self.written = 0;
            self.write = None;
        }
    }

    fn stall(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let timer = self
            .write
            .get_or_insert_with(|| Box::pin(sleep(limits::WRITE_TIME)));
        timer
            .as_mut()
            .poll(context)
            .map(|()| late("the client does not read its answer"))
    }
}

fn late(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, why)
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(context, buffer);
        if !self.is_reading_head() {
            return result;
        }
        if buffer.filled().len() > before {
            self.head
                .get_or_insert_with(|| Box::pin(sleep(limits::HEAD_TIME)));
        }
        let Some(timer) = &mut self.head else {
            return result;
        };
        let is_late = match result {
            Poll::Pending => timer.as_mut().poll(context).is_ready(),
            Poll::Ready(_) => timer.deadline() <= Instant::now(),
        };
        if is_late {
            return Poll::Ready(Err(late("the client does not send its request")));
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write(context, bytes) {
            Poll::Ready(Ok(count)) => {
                self.progress(count);
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.stall(context).map(Err),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write_vectored(context, slices) {
            Poll::Ready(Ok(count)) => {
                self.progress(count);
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.stall(context).map(Err),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.inner).poll_flush(context) {
            Poll::Ready(result) => {
                self.written = 0;
                self.write = None;
                Poll::Ready(result)
            }
            Poll::Pending => self.stall(context).map(Err),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.inner).poll_shutdown(context) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => {
                let error = ready!(self.stall(context));
                Poll::Ready(Err(error))
            }
        }
    }
}
