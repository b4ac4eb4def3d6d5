package quickbooksonline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradepost/tradepost/pkg/connector"
	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Check implements connector.Connector. It asks for the company and for its preferences,
// one after the other, and each has a time of its own: both together are less than the
// longest call.
func (q *Online) Check(ctx context.Context) []*tradepostv1.Fault {
	if err := q.reachable(ctx); err != nil {
		return []*tradepostv1.Fault{q.unusable(err)}
	}
	ctx, cancel := context.WithTimeout(ctx, q.prepareTime())
	defer cancel()
	prefs, err := q.preferencesSince(ctx, time.Now())
	if err != nil {
		return []*tradepostv1.Fault{q.unusable(err)}
	}
	return q.settingFaults(prefs)
}

// reachable reads the company, and keeps it for the preferences that are read next.
func (q *Online) reachable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, q.prepareTime())
	defer cancel()
	info, err := q.companyInfo(ctx)
	if err != nil {
		return stopped(err)
	}
	q.known.keep(nil, &info)
	return nil
}

// settingFaults are settings that the company cannot serve.
func (q *Online) settingFaults(prefs preferences) []*tradepostv1.Fault {
	name := q.cfg.PONumberField
	if _, there := prefs.fields[fold(name)]; name == "" || there {
		return nil
	}
	return []*tradepostv1.Fault{fault.New("connection.setting_wrong", fault.Args{Params: map[string]string{
		"setting": "po_number_field", "connection": q.connection, "reason": fmt.Sprintf("the company has no custom field %q on its sales forms", name),
	}})}
}

// unusable is the fault of a company that cannot be used.
func (q *Online) unusable(err error) *tradepostv1.Fault {
	args := fault.Args{VendorText: err.Error(), Params: map[string]string{"system": title, "connection": q.connection}}
	wait, _ := waitIn(err)
	switch wait.Reason {
	case connector.ReasonSignedOut:
		return fault.New("connection.signed_out", args)
	case connector.ReasonKeyMissing:
		return fault.New("connection.key_missing", args)
	case connector.ReasonForbidden:
		args.Params["action"] = "read the company"
		return fault.New("connection.forbidden", args)
	case connector.ReasonSubscriptionEnded:
		return fault.New("connection.subscription_ended", args)
	}
	if t, is := errors.AsType[*trouble](err); is && t.class == classNoAnswer && t.status == 200 {
		return fault.New("accounting.answer_unreadable", args)
	}
	return fault.New("accounting.unreachable", args)
}

// waitIn is the wait that an error stands for.
func waitIn(err error) (connector.Wait, bool) {
	a, is := waitOf(err)
	if !is {
		return connector.Wait{}, false
	}
	w, is := a.(connector.Wait)
	return w, is
}

// CheckDocument implements connector.PreviewChecker: it resolves what Create would, and
// writes nothing. A document that is there would be updated, and keeps its number. What
// only QuickBooks itself can tell, such as the tax that it computes, comes with the posting.
func (q *Online) CheckDocument(ctx context.Context, d *tradepostv1.Document) ([]*tradepostv1.Fault, error) {
	ctx, cancel := context.WithTimeout(ctx, q.prepareTime())
	defer cancel()
	if err := q.books.current(ctx); err != nil {
		return nil, stopped(err)
	}
	prepare := q.prepareNew
	if len(q.books.markers.where(d.GetMarker())) > 0 {
		prepare = q.prepare
	}
	w, err := prepare(ctx, d)
	if err != nil {
		return nil, stopped(err)
	}
	return w.faults, nil
}
