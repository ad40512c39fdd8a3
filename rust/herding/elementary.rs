//! exp, ln and cos with the same bits everywhere: only additions, multiplications and divisions, which IEEE 754 fixes.
//!
//! The functions of the standard library come from the platform and may differ in the last bit, which is enough to
//! turn a tie. Each has no branch on its data, so that loops over it become SIMD code.

/// Adding it rounds a number of magnitude below 2^51 to the nearest whole one and leaves that in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// Below it, exp is under 10^-304 and is taken as zero.
const EXP_FLOOR: f64 = -700.0;

/// ln 2 in two parts, the first with 32 trailing zero bits: its products with small whole numbers are exact.
const LN2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);

/// π in three such parts.
const PI_HIGH: f64 = f64::from_bits(0x4009_21FB_5440_0000);
const PI_MIDDLE: f64 = f64::from_bits(0x3DE0_B461_1A60_0000);
const PI_LOW: f64 = f64::from_bits(0x3BB3_198A_2E00_0000);

/// Phases beyond it are cut: a 32-bit product has no fraction left there.
const COS_LIMIT: f64 = 1_048_576.0;

/// 1/n! for n = 13 … 0.
const EXP_TERMS: [f64; 14] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
    1.0,
    1.0,
];

/// (-1)^n/(2n)! for n = 11 … 0.
const COS_TERMS: [f64; 12] = [
    -1.0 / 1_124_000_727_777_607_680_000.0,
    1.0 / 2_432_902_008_176_640_000.0,
    -1.0 / 6_402_373_705_728_000.0,
    1.0 / 20_922_789_888_000.0,
    -1.0 / 87_178_291_200.0,
    1.0 / 479_001_600.0,
    -1.0 / 3_628_800.0,
    1.0 / 40_320.0,
    -1.0 / 720.0,
    1.0 / 24.0,
    -1.0 / 2.0,
    1.0,
];

/// 1/(2n + 1) for n = 11 … 0.
const ATANH_TERMS: [f64; 12] = [
    1.0 / 23.0,
    1.0 / 21.0,
    1.0 / 19.0,
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 9.0,
    1.0 / 7.0,
    1.0 / 5.0,
    1.0 / 3.0,
    1.0,
];

/// e^x for x <= 0.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    let bounded = if x < EXP_FLOOR { EXP_FLOOR } else { x };
    let rounded = bounded * std::f64::consts::LOG2_E + ROUND;
    let power = rounded - ROUND;
    let rest = (bounded - power * LN2_HIGH) - power * LN2_LOW;
    let value = f64::from_bits(horner(&EXP_TERMS, rest).to_bits().wrapping_add(rounded.to_bits() << 52));
    if x < EXP_FLOOR { 0.0 } else { value }
}

/// ln x for a normal x > 0.
#[inline]
pub(super) fn ln(x: f64) -> f64 {
    // The mantissa moves to [√½, √2): ln x = k ln 2 + 2 atanh((m - 1) / (m + 1)).
    const HALF_ROOT: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    let shifted = x.to_bits().wrapping_sub(HALF_ROOT);
    #[expect(clippy::cast_possible_wrap, reason = "the sign of the exponent is what the arithmetic shift keeps")]
    let exponent = (shifted as i64) >> 52;
    let mantissa = f64::from_bits((shifted & ((1 << 52) - 1)).wrapping_add(HALF_ROOT));
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    #[expect(clippy::cast_precision_loss, reason = "an exponent has eleven bits")]
    let power = exponent as f64;
    power * LN2_HIGH + (power * LN2_LOW + 2.0 * ratio * horner(&ATANH_TERMS, ratio * ratio))
}

/// cos x, with an absolute error of a few 10^-16 up to |x| = 2^20; beyond, x is cut to that range.
#[inline]
pub(super) fn cos(x: f64) -> f64 {
    let bounded = x.clamp(-COS_LIMIT, COS_LIMIT);
    let rounded = bounded * std::f64::consts::FRAC_1_PI + ROUND;
    let turns = rounded - ROUND;
    let rest = ((bounded - turns * PI_HIGH) - turns * PI_MIDDLE) - turns * PI_LOW;
    // cos(x) = (-1)^k cos(x - kπ): the lowest bit of k becomes the sign.
    f64::from_bits(horner(&COS_TERMS, rest * rest).to_bits() ^ (rounded.to_bits() << 63))
}

#[inline]
fn horner<const N: usize>(terms: &[f64; N], x: f64) -> f64 {
    let mut sum = 0.0;
    for term in terms {
        sum = sum * x + term;
    }
    sum
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn exp_follows_the_standard_library() {
        for step in 0..200_000 {
            let x = -f64::from(step) * 0.0034;
            assert!((exp(x) - x.exp()).abs() <= 4e-16 * x.exp(), "{x}: {} {}", exp(x), x.exp());
        }
        assert_eq!([exp(0.0), exp(-701.0), exp(f64::NEG_INFINITY)], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn ln_follows_the_standard_library() {
        for step in 1..200_000 {
            let x = f64::from(step) / 200_000.0;
            assert!((ln(x) - x.ln()).abs() <= 1e-15 * x.ln().abs(), "{x}: {} {}", ln(x), x.ln());
        }
        assert_eq!(ln(1.0), 0.0);
        assert!((ln(f64::MIN_POSITIVE) + 708.396_418_532_264_1).abs() < 1e-12);
    }

    #[test]
    fn cos_follows_the_standard_library() {
        for step in -200_000..200_000 {
            let x = f64::from(step) * 0.037;
            assert!((cos(x) - x.cos()).abs() <= 1e-15, "{x}: {} {}", cos(x), x.cos());
        }
        assert_eq!(cos(0.0), 1.0);
        assert!(cos(1e300).abs() <= 1.0);
    }
}
