// Package caldate has the calendar date: a day as people write it on an
// invoice, without time and without zone. An instant becomes a date only
// together with the time zone that it was meant in.
package caldate

import (
	"fmt"
	"time"
)

// Layout is how a date is written everywhere: YYYY-MM-DD.
const Layout = "2006-01-02"

// Years that a date on an invoice can have. What lies outside is a slip of the
// pen or seconds taken for milliseconds.
const (
	MinYear = 1900
	MaxYear = 9999
)

// Date is a calendar date. The zero value means that none is given. Two dates
// can be compared with ==.
type Date struct {
	year  int
	month time.Month
	day   int
}

// New returns the date of y, m and d; it refuses days that do not exist.
func New(y int, m time.Month, d int) (Date, error) {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if t.Year() != y || t.Month() != m || t.Day() != d {
		return Date{}, fmt.Errorf("%04d-%02d-%02d is not a day of the calendar", y, int(m), d)
	}
	return inRange(Date{y, m, d})
}

// Parse reads YYYY-MM-DD and nothing else.
func Parse(s string) (Date, error) {
	if len(s) != len(Layout) {
		return Date{}, fmt.Errorf("%.40q is not a date: write YYYY-MM-DD", s)
	}
	t, err := time.Parse(Layout, s)
	if err != nil {
		return Date{}, fmt.Errorf("%.40q is not a date: write YYYY-MM-DD", s)
	}
	return inRange(Date{t.Year(), t.Month(), t.Day()})
}

// FromUnix returns the day that was written on the calendar at loc when sec
// seconds had passed since 1970-01-01 UTC. ServiceTrade keeps the dates of an
// invoice in this way, and only the account's own zone gives back the day that
// the user typed.
func FromUnix(sec int64, loc *time.Location) (Date, error) {
	t := time.Unix(sec, 0).In(loc)
	return inRange(Date{t.Year(), t.Month(), t.Day()})
}

func inRange(d Date) (Date, error) {
	if d.year < MinYear || d.year > MaxYear {
		return Date{}, fmt.Errorf("the year %d is not between %d and %d", d.year, MinYear, MaxYear)
	}
	return d, nil
}

// IsZero tells whether no date is given.
func (d Date) IsZero() bool { return d == Date{} }

// String is YYYY-MM-DD; "" for the zero value.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.year, int(d.month), d.day)
}

// Compare is -1, 0 or 1 as d is before, on or after o.
func (d Date) Compare(o Date) int { return d.midnight().Compare(o.midnight()) }

// After tells whether d is a later day than o.
func (d Date) After(o Date) bool { return d.Compare(o) > 0 }

// Before says that d is earlier than o.
func (d Date) Before(o Date) bool { return d.Compare(o) < 0 }

// AddDays is the day that many days later.
func (d Date) AddDays(days int) Date {
	y, m, day := d.midnight().AddDate(0, 0, days).Date()
	return Date{y, m, day}
}

// DaysUntil counts the days from d to o; it is negative when o is earlier.
func (d Date) DaysUntil(o Date) int {
	return int(o.midnight().Sub(d.midnight()) / (24 * time.Hour))
}

// midnight is in UTC, where every day has 24 hours.
func (d Date) midnight() time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC)
}
