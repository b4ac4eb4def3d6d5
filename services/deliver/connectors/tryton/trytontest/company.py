"""Makes a company in an empty Tryton database, for tests.

Arguments: the configuration of trytond, the name of the database.
Reads the passwords of the users from the environment: ADMIN_PASSWORD is admin's,
and USER_PASSWORD that of the user "tradepost", which is made here.
"""
import datetime
import os
import sys
from decimal import Decimal

from proteus import Model, Wizard, config

YEARS = (2025, 2026, 2027)
TAXES = (  # name, rate in percent
    ('NC sales tax', '7.25'),
    ('VA sales tax', '6'),
)


def activate(names):
    module = Model.get('ir.module')
    module.click(module.find([('name', 'in', names)]), 'activate')
    Wizard('ir.module.activate_upgrade').execute('upgrade')


def company():
    currency = Model.get('currency.currency')(name='US Dollar', symbol='$', code='USD', rounding=Decimal('0.01'), digits=2)
    currency.save()
    owner = Model.get('party.party')(name='Meridian Mechanical & Fire')
    owner.save()
    wizard = Wizard('company.company.config')
    wizard.execute('company')
    wizard.form.party = owner
    wizard.form.currency = currency
    wizard.execute('add')
    found, = Model.get('company.company').find()
    # A customer invoice may be cancelled: Tradepost voids only where that is allowed.
    found.cancel_invoice_out = True
    found.save()
    config.get_config()._context = Model.get('res.user').get_preferences(True, {})
    return found


def sequence(model, type_name, owner, **values):
    kind, = Model.get('ir.sequence.type').find([('name', '=', type_name)], limit=1)
    made = Model.get(model)(name=type_name, sequence_type=kind, company=owner, **values)
    made.save()
    return made


def fiscal_year(year, owner):
    made = Model.get('account.fiscalyear')(
        name=str(year), company=owner,
        start_date=datetime.date(year, 1, 1), end_date=datetime.date(year, 12, 31))
    made.post_move_sequence = sequence('ir.sequence', 'Account Move', owner)
    numbers, = made.invoice_sequences
    invoices = sequence('ir.sequence.strict', 'Invoice', owner, prefix='%d-' % year)
    numbers.out_invoice_sequence = numbers.in_invoice_sequence = invoices
    numbers.out_credit_note_sequence = numbers.in_credit_note_sequence = invoices
    made.save()
    made.click('create_period')


def close(day):
    period, = Model.get('account.period').find([('start_date', '<=', day), ('end_date', '>=', day)])
    period.click('close')


def chart(owner):
    data, = Model.get('ir.model.data').find(
        [('module', '=', 'account'), ('fs_id', '=', 'account_template_root_en')], limit=1)
    wizard = Wizard('account.create_chart')
    wizard.execute('account')
    wizard.form.account_template = Model.get('account.account.template')(data.db_id)
    wizard.form.company = owner
    wizard.execute('create_account')
    account = Model.get('account.account')

    def of(kind):
        return account.find([('type.' + kind, '=', True), ('company', '=', owner.id)], limit=1)[0]

    wizard.form.account_receivable = of('receivable')
    wizard.form.account_payable = of('payable')
    wizard.execute('create_properties')
    revenue = of('revenue')
    for code, name in (('4100', 'Labor'), ('4200', 'Parts')):
        more = account(name=name, code=code, company=owner, type=revenue.type, parent=revenue.parent)
        more.save()
    return account


def taxes(account):
    owed, = account.find([('name', '=', 'Main Tax')])
    for i, (name, rate) in enumerate(TAXES):
        own = account(name=name + ' payable', code=str(2200 + i), company=owed.company, type=owed.type, parent=owed.parent)
        own.save()
        Model.get('account.tax')(
            name=name, description=name, type='percentage', rate=Decimal(rate) / 100,
            invoice_account=own, credit_note_account=own).save()


def terms():
    term = Model.get('account.invoice.payment_term')(name='Net 30')
    term.lines.new(type='remainder').relativedeltas.new(days=30)
    term.save()


def products(account):
    category = Model.get('product.category')
    for code, name, unit, revenue in (
            ('LABOR', 'Labor', 'Hour', '4100'), ('FILTER', 'Air filter 20x20', 'Unit', None)):
        own = category(name=name, accounting=True)
        if revenue:
            own.account_revenue, = account.find([('code', '=', revenue)])
        own.save()
        unit, = Model.get('product.uom').find([('name', '=', unit)])
        made = Model.get('product.template')(name=name, default_uom=unit, type='service', list_price=Decimal(1))
        made.account_category = own
        made.code = code
        made.save()


def parties():
    party = Model.get('party.party')
    for name, code in (('ACME Tower LLC', 'C100'), ('Brown & Sons', 'C200')):
        made = party(name=name, code=code)
        address, = made.addresses
        address.street, address.city, address.postal_code = '1 Main St', 'Durham', '27701'
        made.save()
    bare = party(name='No Address Inc', code='C300')
    while bare.addresses:
        bare.addresses.remove(bare.addresses[0])
    bare.save()


def user(owner):
    group = Model.get('res.group')
    made = Model.get('res.user')(name='Tradepost', login='tradepost', password=os.environ['USER_PASSWORD'])
    data, = Model.get('ir.model.data').find([('module', '=', 'account'), ('fs_id', '=', 'group_account')])
    made.groups.append(group(data.db_id))
    made.companies.append(owner)
    made.company = owner
    made.save()


def small_invoice_print():
    """Tryton prints every invoice that it posts. A layout of one word makes it quick."""
    report, = Model.get('ir.action.report').find([('report_name', '=', 'account.invoice')])
    report.template_extension = 'txt'
    report.extension = ''
    report.report_content_custom = b'Invoice'
    report.save()


def main():
    config.set_trytond(database=sys.argv[2], config_file=sys.argv[1], user='admin')
    activate(['account_invoice'])
    owner = company()
    for year in YEARS:
        fiscal_year(year, owner)
    account = chart(owner)
    taxes(account)
    terms()
    products(account)
    parties()
    user(owner)
    small_invoice_print()
    close(datetime.date(2025, 1, 15))


main()
