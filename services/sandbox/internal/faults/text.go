package faults

import (
	"fmt"
	"strings"
	"time"
)

// short writes a length of time without units that are zero: 5m, not 5m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// What describes what an order does.
func (o Order) What() string {
	o = o.withDefaults()
	info := infoOf(o.Fault)
	text := info.Title
	switch o.Fault {
	case Latency, WebhookDelay:
		text += " " + short(o.Delay)
		if o.MaxDelay != 0 {
			text += " to " + short(o.MaxDelay)
		}
	case Throttled:
		text += ": 429" + retryText(o.RetryAfter)
	case SignedOut:
		text += ": 401"
	case Refused:
		text += ": " + o.Code
	case ServerError, ErrorAfter:
		text += fmt.Sprintf(": %d%s", o.Status, retryText(o.RetryAfter))
	case StaleList:
		text += ": from " + short(o.Age) + " ago"
	case Drift:
		text += o.driftText()
	case Evict:
		if o.Sessions > 0 {
			text += fmt.Sprintf(": the oldest %d", o.Sessions)
		}
	}
	if o.Fault == ErrorAfter && o.Delay > 0 {
		text += ", after " + short(o.Delay)
	}
	if o.Form != "" {
		text += " as " + o.Form
	}
	return text
}

func (o Order) driftText() string {
	var parts []string
	if o.Skip+o.Repeat > 0 {
		parts = append(parts, fmt.Sprintf("up to %d rows, skip %v, repeat %v", o.Rows, o.Skip, o.Repeat))
	}
	if o.PageSize > 0 {
		parts = append(parts, fmt.Sprintf("%d rows on a page", o.PageSize))
	}
	return ": " + strings.Join(parts, ", ")
}

func retryText(d time.Duration) string {
	if d == 0 {
		return " without Retry-After"
	}
	return ", Retry-After " + short(d)
}

// Where describes what an order looks at.
func (o Order) Where() string {
	var parts []string
	for _, p := range []string{strings.ToUpper(o.Method), o.Resource, o.Path} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return "everywhere"
	}
	return strings.Join(parts, " ")
}

// Often describes how often an order strikes.
func (o Order) Often() string {
	switch {
	case o.Probability > 0:
		return fmt.Sprintf("chance %v, seed %d", o.Probability, o.Seed)
	case o.Next > 0:
		return fmt.Sprintf("the next %d", o.Next)
	case o.Every > 1:
		return "every " + ordinal(o.Every)
	}
	return "always"
}

// Long describes until when an order stands.
func (s State) Long() string {
	if !s.Active {
		return s.End
	}
	var parts []string
	if s.Until != nil {
		parts = append(parts, "until "+s.Until.UTC().Format("15:04:05")+" UTC")
	}
	if s.Order.Times > 0 {
		parts = append(parts, fmt.Sprintf("%d times", s.Order.Times))
	}
	if len(parts) == 0 && s.Order.Next == 0 {
		return "until canceled"
	}
	return strings.Join(parts, ", ")
}

func ordinal(n int) string {
	suffix := "th"
	if tens := n % 100; tens < 11 || tens > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n, suffix)
}
