//! The host against small guests, quirk by quirk.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod callouts;
#[cfg(test)]
mod cost;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod guest;
#[cfg(test)]
mod headers;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod tcp;
#[cfg(test)]
mod wasi;
