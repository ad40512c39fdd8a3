//! What several fuzz targets need: a plain bzip2 decoder that repairs check sums.

pub mod repair;
