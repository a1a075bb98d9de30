//! Tables: an object, and what is wrong with it.

mod cluster;
mod network;
mod together;
