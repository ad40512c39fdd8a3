//! What several fuzz targets need.

pub mod repair;
pub mod rows;
pub mod scratch;
