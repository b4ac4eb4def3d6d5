package book

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// lines makes 1 to MaxLines lines. Which edge an invoice shows depends on its
// place in the list, so that small books have all of them too.
func (m *maker) lines(r *rand.Rand, i int, unmapped bool) []Line {
	var out []Line
	for range m.lineCount(r, i) {
		out = append(out, m.line(r, m.mappedItem(r)))
	}
	switch i % 12 {
	case 3:
		out = m.edgeLines(r, out)
	case 5:
		out[0].Description = longText(r)
	case 7:
		out = m.creditLines(r, out)
	case 11:
		out = append(out, m.line(r, itemIndex("DISC")))
	}
	if unmapped {
		out = out[:min(len(out), m.opt.MaxLines-1)]
	}
	out = m.fixTotal(r, i, out[:min(len(out), m.opt.MaxLines)])
	if unmapped {
		bad := m.line(r, pick(r, m.items["none"]))
		if Sum(append(out, bad)).IsZero() {
			bad.Quantity = Amount{bad.Quantity.Add(bad.Quantity.Decimal)}
		}
		out = slices.Insert(out, r.IntN(len(out)+1), bad)
	}
	return out
}

// fixTotal keeps totals from being zero by chance, and those of invoices that
// are no credit from being negative.
func (m *maker) fixTotal(r *rand.Rand, i int, lines []Line) []Line {
	total := Sum(lines)
	credit := i%12 == 7
	if len(lines) == 0 || (credit && total.IsNegative()) || (!credit && total.IsPositive()) {
		return lines
	}
	last := len(lines) - 1
	line := m.line(r, itemIndex("LABOR-STD"))
	line.Quantity = NewAmount("1")
	line.Price = Amount{Sum(lines[:last]).Abs().Add(decimal.NewFromInt(125))}
	if credit {
		line.Price = Amount{line.Price.Neg()}
	}
	lines[last] = line
	return lines
}

func (m *maker) lineCount(r *rand.Rand, i int) int {
	switch {
	case i%20 == 2:
		return m.opt.MaxLines
	case i%20 == 4:
		return 1
	case r.IntN(10) == 0:
		return min(10+r.IntN(20), m.opt.MaxLines)
	default:
		return min(1+r.IntN(8), m.opt.MaxLines)
	}
}

// mappedItem picks a library item that a mapping can find.
func (m *maker) mappedItem(r *rand.Rand) int {
	for {
		link := "external"
		if r.IntN(6) == 0 {
			link = "table"
		}
		if i := pick(r, m.items[link]); catalogue[i].quantities != "credit" {
			return i
		}
	}
}

func itemIndex(code string) int {
	for i, c := range catalogue {
		if c.code == code {
			return i
		}
	}
	return 0
}

func (m *maker) line(r *rand.Rand, item int) Line {
	c, lib := catalogue[item], m.book.LibItems[item]
	return Line{
		ID: m.id(r), Description: c.name + pick(r, remarks), Quantity: quantity(r, c.quantities),
		Price: NewAmount(c.price), Taxable: c.taxable, LibItemID: lib.ID, ServiceLineID: pick(r, m.book.ServiceLines).ID,
	}
}

// quantity counts in the way of the item; feet and hours have up to four decimals.
func quantity(r *rand.Rand, way string) Amount {
	switch way {
	case "hours":
		return Amount{decimal.New(125*(1+r.Int64N(64)), -3)} // eighths of an hour
	case "feet":
		return Amount{decimal.New(1+r.Int64N(900000), -4)}
	case "each":
		return Amount{decimal.NewFromInt(1 + r.Int64N(24))}
	default:
		return NewAmount("1")
	}
}

// edgeLines adds what breaks careless readers: halves of a cent, zero prices,
// zero quantities, one thousandth, four decimals on both sides.
func (m *maker) edgeLines(r *rand.Rand, lines []Line) []Line {
	for _, edge := range [][2]string{
		{"0.5", "0.05"}, {"3", "0"}, {"0", "19.99"}, {"0.001", "1250"}, {"1.3333", "2.6667"}, {"2.5", "12.345"}, {"1000", "0.0045"},
	} {
		line := m.line(r, itemIndex("DUCT-TAPE"))
		line.Quantity, line.Price = NewAmount(edge[0]), NewAmount(edge[1])
		line.Description = "Edge " + edge[0] + " x " + edge[1]
		lines = append(lines, line)
	}
	return lines
}

// creditLines turns an invoice into a credit: whole negative amounts in cents,
// so that every way of rounding gives the same.
func (m *maker) creditLines(r *rand.Rand, lines []Line) []Line {
	out := lines[:0:0]
	for _, line := range lines[:min(len(lines), 4)] {
		line.Description = "Credit: " + line.Description
		line.Quantity = Amount{decimal.NewFromInt(1 + r.Int64N(3))}
		line.Price = Amount{line.Price.Abs().Round(2).Neg()}
		out = append(out, line)
	}
	return out
}

// longText is a description of about 12,000 characters with line breaks.
func longText(r *rand.Rand) string {
	var b strings.Builder
	for b.Len() < 12000 {
		b.WriteString(pick(r, []string{"Checked riser – ok. ", "Messwert 3,5 bar; ", "replaced gasket & cap\n", "部品交換 ", "“see photo” "}))
	}
	return strings.TrimSpace(b.String())
}
