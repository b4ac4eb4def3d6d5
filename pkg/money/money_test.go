package money_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tradepost/tradepost/pkg/money"
)

func parse(t require.TestingT, s string) money.Amount {
	a, err := money.Parse(s)
	require.NoError(t, err, s)
	return a
}

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0.00": "0", "-0.00": "0", "522.5": "522.5", "522.50": "522.5", "007": "7",
		"-12.340": "-12.34", "1.0e-5": "0.00001", "1E3": "1000", "1e+2": "100", "0.123456789012": "0.123456789012",
		"999999999999999.99": "999999999999999.99",
	} {
		require.Equal(t, want, parse(t, in).String(), in)
	}
	for _, in := range []string{
		"", "-", ".", "1.", ".5", "+1", "1,000.00", "1 000", " 1", "1 ", "NaN", "Inf", "-Infinity", "0x10", "1e", "1e999", "1e100",
		"1_000", "１２", "1.2.3", "--1", "1000000000000000", "1e15", "0.0000000000001", "1e-13", "$5", strings.Repeat("9", 5000),
	} {
		_, err := money.Parse(in)
		require.Error(t, err, in)
		require.Less(t, len(err.Error()), 300)
	}
}

func TestRounding(t *testing.T) {
	for _, c := range []struct{ in, up, even string }{
		{"0.125", "0.13", "0.12"},
		{"0.135", "0.14", "0.14"},
		{"-0.125", "-0.13", "-0.12"},
		{"-0.135", "-0.14", "-0.14"},
		{"19.9375", "19.94", "19.94"},
		{"448.395", "448.40", "448.40"},
		{"448.385", "448.39", "448.38"},
		{"0.005", "0.01", "0.00"},
		{"-0.005", "-0.01", "0.00"},
		{"0.0049999", "0.00", "0.00"},
		{"2", "2.00", "2.00"},
	} {
		require.Equal(t, c.up, parse(t, c.in).RoundHalfUp(2).Fixed(2), c.in)
		require.Equal(t, c.even, parse(t, c.in).RoundHalfEven(2).Fixed(2), c.in)
	}
	require.Equal(t, "120", parse(t, "119.5").Fixed(0))
}

func TestExponents(t *testing.T) {
	for currency, want := range map[string]int32{"USD": 2, "CAD": 2, "JPY": 0, "KWD": 3} {
		got, ok := money.Exponent(currency)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	_, ok := money.Exponent("usd")
	require.False(t, ok)
	require.Contains(t, money.Currencies(), "USD")
}

// amount draws a number with up to six digits behind the point, as text and exactly.
func amount(t *rapid.T, label string) (string, *big.Rat) {
	units := rapid.Int64Range(-1e14, 1e14).Draw(t, label)
	exponent := rapid.Int32Range(0, 6).Draw(t, label+" exponent")
	text := money.FromInt(units, exponent).String()
	r, ok := new(big.Rat).SetString(text)
	require.True(t, ok)
	return text, r
}

func TestArithmeticIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, ar := amount(t, "a")
		bt, br := amount(t, "b")
		a, b := parse(t, at), parse(t, bt)
		for want, got := range map[*big.Rat]money.Amount{
			new(big.Rat).Add(ar, br): a.Add(b), new(big.Rat).Sub(ar, br): a.Sub(b), new(big.Rat).Mul(ar, br): a.Mul(b),
		} {
			r, ok := new(big.Rat).SetString(got.String())
			require.True(t, ok)
			require.Zero(t, want.Cmp(r))
		}
		require.True(t, parse(t, a.String()).Equal(a))
		require.True(t, a.Neg().RoundHalfUp(2).Equal(a.RoundHalfUp(2).Neg()), "rounding is symmetric")
		half := parse(t, "0.005")
		require.LessOrEqual(t, a.Sub(a.RoundHalfUp(2)).Abs().Cmp(half), 0)
		require.LessOrEqual(t, a.Sub(a.RoundHalfEven(2)).Abs().Cmp(half), 0)
	})
}

func TestAllocateIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exponent := rapid.SampledFrom([]int32{0, 2, 3}).Draw(t, "exponent")
		whole := money.FromInt(rapid.Int64Range(-1e12, 1e12).Draw(t, "whole"), exponent)
		weights := make([]money.Amount, rapid.IntRange(1, 40).Draw(t, "parts"))
		for i := range weights {
			weights[i] = money.FromInt(rapid.Int64Range(0, 1e9).Draw(t, "weight"), 4)
		}
		parts, err := whole.Allocate(weights, exponent)
		if money.Sum(weights...).IsZero() {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.True(t, money.Sum(parts...).Equal(whole))
		unit, total := money.FromInt(1, exponent), money.Sum(weights...)
		for i, p := range parts {
			require.True(t, p.Fits(exponent))
			// Never a whole unit away from the exact share: |p·total - whole·weight| < unit·total.
			off := p.Mul(total).Sub(whole.Mul(weights[i])).Abs()
			require.Negative(t, off.Cmp(unit.Mul(total)))
		}
	})
}

func TestAllocate(t *testing.T) {
	ones := []money.Amount{money.FromInt(1, 0), money.FromInt(1, 0), money.FromInt(1, 0)}
	parts, err := parse(t, "0.07").Allocate(ones, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"0.03", "0.02", "0.02"}, []string{parts[0].Fixed(2), parts[1].Fixed(2), parts[2].Fixed(2)})
	_, err = parse(t, "0.075").Allocate(ones, 2)
	require.Error(t, err)
	_, err = parse(t, "1").Allocate([]money.Amount{money.FromInt(2, 0), money.FromInt(-1, 0)}, 2)
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-1.5", "1e3", "1.0e-5", "NaN", "9999999999999999", "1,5", "", "-", "0.0000000000000000000001"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s)
		if err != nil {
			return
		}
		again, err := money.Parse(a.String())
		require.NoError(t, err)
		require.True(t, a.Equal(again))
		require.Regexp(t, `^-?[0-9]+([.][0-9]+)?$`, a.String())
		require.Regexp(t, `^-?[0-9]+[.][0-9]{2}$`, a.Fixed(2))
	})
}

func TestWhyNot(t *testing.T) {
	for text, why := range map[string]string{
		"1.50": "", "seven": "not a number", "1,000.00": "not a number",
		"1000000000000000": "too large: more than 15 digits before the point", "1e99": "too large: more than 15 digits before the point",
		"0.0000000000001": "too precise: more than 12 digits behind the point",
	} {
		require.Equal(t, why, money.WhyNot(text), text)
	}
}
