//! Written forms that people and systems use, as tables of cases for the engine and the oracle.

mod names;
mod numbers;
mod worth;
