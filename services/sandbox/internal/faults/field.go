package faults

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Field is one thing that can be said in an order, the same in scenario files,
// in JSON, in forms and on the command line.
type Field struct {
	Name  string // retry_after
	Title string // of an input
	Hint  string // an example, or the default
	set   func(o *Order, text string) error
	get   func(o *Order) any          // nil when it is not given
	check func(o *Order) (bad string) // "" when it is fine or not given
}

// Fields lists all fields.
func Fields() []Field {
	return []Field{
		textField("name", "Name", "optional", func(o *Order) *string { return &o.Name }),
		kindField(),
		textField("method", "Method", "all", func(o *Order) *string { return &o.Method }),
		textField("path", "Path", "/api/invoice/*", func(o *Order) *string { return &o.Path }),
		textField("resource", "Resource", "invoice", func(o *Order) *string { return &o.Resource }),
		chanceField("probability", "Chance", "0.3", false, func(o *Order) *float64 { return &o.Probability }),
		seedField(),
		countField("next", "The next", "3", 1, 1e9, func(o *Order) *int { return &o.Next }),
		countField("every", "Every Nth", "4", 1, 1e9, func(o *Order) *int { return &o.Every }),
		lengthField("for", "For", "10m", time.Millisecond, 1e4*time.Hour, func(o *Order) *time.Duration { return &o.For }),
		untilField(),
		countField("times", "At most times", "5", 1, 1e9, func(o *Order) *int { return &o.Times }),
		lengthField("delay", "Delay", "2s", time.Millisecond, time.Hour, func(o *Order) *time.Duration { return &o.Delay }),
		lengthField("max_delay", "At most", "10s", time.Millisecond, time.Hour, func(o *Order) *time.Duration { return &o.MaxDelay }),
		textField("form", "Form", "as usual", func(o *Order) *string { return &o.Form }),
		textField("code", "Code", "6240", func(o *Order) *string { return &o.Code }),
		countField("status", "Status", "503", 500, 599, func(o *Order) *int { return &o.Status }),
		lengthField("retry_after", "Retry-After", "30s, or none", time.Second, 24*time.Hour, func(o *Order) *time.Duration { return &o.RetryAfter }),
		lengthField("age", "Age", "30s", time.Millisecond, time.Hour, func(o *Order) *time.Duration { return &o.Age }),
		chanceField("skip", "Chance of skipped rows", "0.25", true, func(o *Order) *float64 { return &o.Skip }),
		chanceField("repeat", "Chance of repeated rows", "0.25", true, func(o *Order) *float64 { return &o.Repeat }),
		countField("rows", "Rows that move", "3", 1, 5000, func(o *Order) *int { return &o.Rows }),
		countField("page_size", "Page size", "as usual", 1, 5000, func(o *Order) *int { return &o.PageSize }),
		countField("sessions", "Sessions", "all", 1, 1000, func(o *Order) *int { return &o.Sessions }),
	}
}

// FieldOf finds a field by its name.
func FieldOf(name string) (Field, bool) {
	all := Fields()
	at := slices.IndexFunc(all, func(f Field) bool { return f.Name == name })
	if at < 0 {
		return Field{}, false
	}
	return all[at], true
}

// FieldNames lists the names of all fields.
func FieldNames() []string {
	var out []string
	for _, f := range Fields() {
		out = append(out, f.Name)
	}
	return out
}

// Set reads the field from text. An error says what the text must be.
func (f Field) Set(o *Order, text string) error { return f.set(o, text) }

func given[T comparable](at func(*Order) *T) func(*Order) any {
	return func(o *Order) any {
		var zero T
		if v := *at(o); v != zero {
			return v
		}
		return nil
	}
}

func textField(name, title, hint string, at func(*Order) *string) Field {
	return Field{
		Name: name, Title: title, Hint: hint, get: given(at),
		set:   func(o *Order, text string) error { *at(o) = text; return nil },
		check: func(*Order) string { return "" },
	}
}

func kindField() Field {
	f := textField("fault", "Fault", "throttled", func(o *Order) *string { return (*string)(&o.Fault) })
	return f
}

func countField(name, title, hint string, least, most int, at func(*Order) *int) Field {
	bad := fmt.Sprintf("must be a whole number from %d to %d", least, most)
	if most == 1e9 {
		bad = "must be a whole number above 0"
	}
	return Field{
		Name: name, Title: title, Hint: hint, get: given(at),
		set: func(o *Order, text string) error {
			n, err := strconv.Atoi(text)
			if err != nil || n < least || n > most {
				return fmt.Errorf("%s, not %q", bad, text)
			}
			*at(o) = n
			return nil
		},
		check: func(o *Order) string {
			if n := *at(o); n != 0 && (n < least || n > most) {
				return fmt.Sprintf("%s, not %d", bad, n)
			}
			return ""
		},
	}
}

func lengthField(name, title, hint string, least, most time.Duration, at func(*Order) *time.Duration) Field {
	fits := func(d time.Duration) bool {
		return d >= least && d <= most && (name != "retry_after" || d%time.Second == 0)
	}
	bad := "must be a length of time such as 30s, 5m or 1h, from " + least.String() + " to " + short(most)
	if name == "retry_after" {
		bad += " in whole seconds"
	}
	return Field{
		Name: name, Title: title, Hint: hint,
		get: func(o *Order) any {
			if d := *at(o); d != 0 {
				return short(d)
			}
			return nil
		},
		set: func(o *Order, text string) error {
			d, err := time.ParseDuration(text)
			if err != nil || !fits(d) {
				return fmt.Errorf("%s, not %q", bad, text)
			}
			*at(o) = d
			return nil
		},
		check: func(o *Order) string {
			if d := *at(o); d != 0 && !fits(d) {
				return bad + ", not " + d.String()
			}
			return ""
		},
	}
}

func chanceField(name, title, hint string, zero bool, at func(*Order) *float64) Field {
	bad := "must be a chance above 0 and up to 1, such as 0.3"
	if zero {
		bad = "must be a chance from 0 to 1, such as 0.3"
	}
	fits := func(p float64) bool { return p >= 0 && p <= 1 && (zero || p > 0) } // false for NaN
	return Field{
		Name: name, Title: title, Hint: hint, get: given(at),
		set: func(o *Order, text string) error {
			p, err := strconv.ParseFloat(text, 64)
			if err != nil || !fits(p) {
				return fmt.Errorf("%s, not %q", bad, text)
			}
			*at(o) = p
			return nil
		},
		check: func(o *Order) string {
			if p := *at(o); math.Float64bits(p) != 0 && !fits(p) {
				return fmt.Sprintf("%s, not %v", bad, p)
			}
			return ""
		},
	}
}

func seedField() Field {
	at := func(o *Order) *int64 { return &o.Seed }
	return Field{
		Name: "seed", Title: "Seed", Hint: "the order's id", get: given(at), check: func(*Order) string { return "" },
		set: func(o *Order, text string) error {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return fmt.Errorf("must be a whole number, not %q", text)
			}
			*at(o) = n
			return nil
		},
	}
}

func untilField() Field {
	return Field{
		Name: "until", Title: "Until", Hint: "2026-07-31T10:00:00Z", check: func(*Order) string { return "" },
		get: func(o *Order) any {
			if o.Until.IsZero() {
				return nil
			}
			return o.Until.Format(time.RFC3339Nano)
		},
		set: func(o *Order, text string) error {
			t, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return fmt.Errorf("must be a time such as 2026-07-31T10:00:00Z, not %q", text)
			}
			o.Until = t
			return nil
		},
	}
}
