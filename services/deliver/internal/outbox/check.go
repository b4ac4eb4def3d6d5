package outbox

import (
	"context"
	"errors"
	"io/fs"

	"github.com/tradepost/tradepost/pkg/fault"
	tradepostv1 "github.com/tradepost/tradepost/proto/tradepost/v1"
)

// Check looks whether files can be made. A folder that was never used is no fault:
// Company sets it up.
func (b *Box) Check(ctx context.Context) []*tradepostv1.Fault {
	missing := func(place string) []*tradepostv1.Fault {
		return []*tradepostv1.Fault{fault.New("books.missing", fault.Args{Params: map[string]string{"place": place, "connection": b.o.Connection}})}
	}
	err := b.folder.Writable(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing(b.Place())
	case errors.Is(err, ErrUnreachable):
		return []*tradepostv1.Fault{fault.New("accounting.unreachable", fault.Args{
			Thing: "Folder " + b.Place(), Params: map[string]string{"system": "the server of the import files"}, VendorText: err.Error(),
		})}
	case errors.Is(err, ErrSignIn):
		return []*tradepostv1.Fault{fault.New("connection.signed_out", fault.Args{
			Thing: "Folder " + b.Place(), Params: map[string]string{"connection": b.o.Connection, "system": "the server of the import files"}, VendorText: err.Error(),
		})}
	case errors.Is(err, ErrUnfit):
		return []*tradepostv1.Fault{fault.New("file.folder_unfit", fault.Args{Params: map[string]string{"place": b.Place(), "reason": err.Error()}})}
	case err != nil:
		return []*tradepostv1.Fault{fault.New("books.not_writable", fault.Args{Params: map[string]string{"place": b.Place(), "reason": err.Error()}})}
	}
	_, err = b.readCompany(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if b.usedBefore() {
			return missing(b.Place())
		}
		return nil
	}
	if err = b.present(ctx); err == nil {
		_, err = b.complete(ctx)
	}
	if err != nil {
		return []*tradepostv1.Fault{fault.New("file.ledger_broken", fault.Args{Thing: "Outbox " + b.Place(), Params: map[string]string{"reason": err.Error()}})}
	}
	return nil
}
