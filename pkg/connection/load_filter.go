package connection

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost/tradepost/pkg/connection/strictyaml"
)

// filterFile is a filter as it is written, where it is not `otherwise`.
type filterFile struct {
	Offices   []int64  `yaml:"offices"`
	Customers []int64  `yaml:"customers"`
	Locations []int64  `yaml:"locations"`
	Contracts []int64  `yaml:"contracts"`
	JobTypes  []string `yaml:"job_types"`
	JobTags   []string `yaml:"job_tags"`
}

// twice ends what is said of a value that a filter has two times.
const twice = " twice"

const filterFix = "write `filter: otherwise`, or keys such as `offices: [701]` below filter"

// readFilter reads the filter of a connection; nil where there is none.
func (c *Config) readFilter(n strictyaml.Node) (*Filter, []Problem) {
	if n.IsZero() {
		return nil, nil
	}
	if text, plain := n.Text(); plain {
		if text == Otherwise {
			return &Filter{Otherwise: true}, nil
		}
		return nil, []Problem{n.Problem(fmt.Sprintf("%q is no filter", text), filterFix)}
	}
	var file filterFile
	problems := n.Decode(&file, strictyaml.Options{Places: c.doc.places})
	if len(problems) > 0 {
		return nil, problems
	}
	f := &Filter{wanted: map[string][]string{}}
	for _, d := range dimensions {
		key := n.Path() + "." + d.key
		if _, given := c.doc.places[key]; !given {
			continue
		}
		values, what := file.values(d)
		if what != "" {
			fix := "list what belongs to this connection, or leave the key out"
			if strings.HasSuffix(what, twice) {
				fix = "keep it once; upper and lower case, and spaces around a name, make no difference"
			}
			problems = append(problems, c.doc.problem(key, fix, "%s", what))
		}
		f.wanted[d.key] = values
	}
	if len(f.wanted) == 0 && len(problems) == 0 {
		problems = append(problems, n.Problem("says nothing", filterFix))
	}
	return f, problems
}

// values returns the values of a dimension as invoices show them, sorted, and what
// is wrong with them.
func (f filterFile) values(d dimension) (values []string, what string) {
	if d.ids {
		for _, id := range f.numbers(d.key) {
			if id <= 0 {
				return nil, fmt.Sprintf("%d is no id of ServiceTrade", id)
			}
			values = append(values, strconv.FormatInt(id, 10))
		}
	} else {
		for _, name := range f.words(d.key) {
			if len(word(name)) == 0 {
				return nil, "has an empty name"
			}
			values = append(values, word(name)...)
		}
	}
	if len(values) == 0 {
		return nil, "is empty, and would match no invoice"
	}
	slices.Sort(values)
	for i, v := range values[1:] {
		if v == values[i] {
			return values, fmt.Sprintf("has %s", v) + twice
		}
	}
	return values, ""
}

func (f filterFile) numbers(key string) []int64 {
	return map[string][]int64{"offices": f.Offices, "customers": f.Customers, "locations": f.Locations, "contracts": f.Contracts}[key]
}

func (f filterFile) words(key string) []string {
	return map[string][]string{"job_types": f.JobTypes, "job_tags": f.JobTags}[key]
}
