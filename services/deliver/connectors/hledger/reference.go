package hledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tradepost/tradepost/pkg/connector"
)

// A journal has no records but its accounts. What a mapping may name are those that
// main.journal declares, or a journal that it includes; a tag `name:` in the comment
// behind a declaration says what people call it.

// ReferenceKinds tells what stands for what: accounts below the receivable account
// are customers, revenue accounts items, accounts below the sales tax account taxes.
func (l *Ledger) ReferenceKinds() []connector.ReferenceKind {
	return []connector.ReferenceKind{
		connector.ReferenceCustomer, connector.ReferenceItem, connector.ReferenceTax, connector.ReferenceAccount,
	}
}

// ListReference lists the declared accounts of a kind by name.
func (l *Ledger) ListReference(ctx context.Context, kind connector.ReferenceKind, each func(connector.ReferenceRecord) error) error {
	err := l.present(ctx)
	// A mapping is written before the books are used first, when only their main.journal is there.
	if err != nil && (!errors.Is(err, errNoBooks) || l.usedBefore()) {
		return fmt.Errorf("list the records of the books: %w", err)
	}
	accounts := declared{}
	if err := readChart(l.path(mainFile), accounts, 0); err != nil {
		return fmt.Errorf("list the records of the books: %w", err)
	}
	for _, account := range slices.Sorted(maps.Keys(accounts)) {
		code, ok := l.recordCode(kind, account)
		if !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("list the records of the books: %w", err)
		}
		tags := map[string]string{}
		readTags(strings.TrimLeft(accounts[account], "; "), tags)
		last := code[strings.LastIndexByte(code, ':')+1:]
		if err := each(connector.ReferenceRecord{Kind: kind, Code: code, Name: cmp.Or(tags["name"], last)}); err != nil {
			return err
		}
	}
	return nil
}

// recordCode is what a mapping calls the account as a record of the kind; false where
// it is none.
func (l *Ledger) recordCode(kind connector.ReferenceKind, account string) (string, bool) {
	cfg := l.cfg.Accounts
	level, isCustomer := strings.CutPrefix(account, cfg.Receivable+":")
	switch kind {
	case connector.ReferenceCustomer:
		if strings.Contains(level, ":") {
			return account, isCustomer // A deeper level is named by the whole account.
		}
		return level, isCustomer
	case connector.ReferenceItem:
		// An item that is mapped to a:b names the account. Only such ones are listed.
		root, _, _ := strings.Cut(cfg.Revenue, ":")
		return account, strings.HasPrefix(account, root+":") && account != cfg.Discount
	case connector.ReferenceTax:
		return account, strings.HasPrefix(account, cfg.SalesTax+":")
	case connector.ReferenceAccount:
		return account, !isCustomer
	default:
		return "", false
	}
}
