//! The service from the outside: a real catalog, real blobs and real blocks in a folder that goes
//! with the test.

mod access;
mod at_rest;
mod clock;
mod crash;
mod delta;
mod matching;
mod publication;
mod serving;
mod test_service;
mod unserved;
mod upload;
mod verify;
