package book

// Demo makes the demo's set: 40 invoices without tax, of which ten must fail in
// known ways, each labelled in Book.Expected.
func Demo(seed int64) *Book {
	return Generate(Options{Seed: seed, Invoices: 40, Faults: DemoFaults()})
}

// DemoFaults is the demo's plan: every fault alone twice, then several at once.
func DemoFaults() [][]string {
	return [][]string{
		{FaultCustomer},
		{FaultCustomer},
		{FaultItem},
		{FaultItem},
		{FaultTotal},
		{FaultTotal},
		{FaultDate},
		{FaultDate},
		{FaultCustomer, FaultItem},
		{FaultItem, FaultTotal, FaultDate},
	}
}
