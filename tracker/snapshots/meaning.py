"""What a document of definitions means, in the words that go with it into every assurance pack."""

MEANING = """\
The document has these keys, all of them always; what does not apply is null, "", [] or {}.

`format`: governance-tracker/definitions/1. `year`: the reporting year. `months`: its months, in
order: each is an entry under `months` of a figure.

`periods`: in order of `id`, every span of days that some figure needs: the year itself (its id is
the year in four digits), its months, and what growth compares them with. Each has `id`, `first_day`
and `last_day`, both included, and `before`: the id of the same span a reporting year earlier, null
where there is none or no figure asks for it.

`builtin`: what three types of events mean, by name. `corrected` and `voided` amend another event;
`opened` states a balance.

What is counted are facts. Every event but an amendment is a fact, under its own `seq` and `type`.
An amendment's header has `replaces`, the seq of what it replaces: the original or an earlier
amendment of it. Following `replaces` down leads to the original. Of an original and its amendments
only the last is in force (the one that nothing replaces). If that is a correction, the fact has the
`seq` and `type` of the original, but `subject`, `entity`, `time` and `day` of the correction's own
header, and as its data the object `data` within the correction's data, which replaces the
original's data in full. If it is a void, there is no fact.

`time` is UTC; `day` in the header is the day of the organisation's own calendar, and it alone
decides which periods a fact is in. A fact's fields are the members of its data; three more are in
its header: `subject`, `entity`, `day`. A field that is not there has the value null. Numbers are
JSON integers or decimal strings; an amount of money is an object of which `amount` is the number.
Count with exact fractions, never with floats.

`events`: for each type of event that some metric reads, the fields that metrics read of it: `type`
(text, choice, integer, number, money, date, time, id, list, flag, link), `scale` (decimals at
most), `choices` (in order).

`metrics`: in order of `id`. Each is counted in the year and in each month, as `measure` says:

- A fact concerns a metric if its type is among `events` or `leave`, and each field named in `where`
  has one of the values listed there (null is never among them). An opening (`opened`) concerns the
  one balance that its data names under `metric`, whatever `where` says.
- Cells. A metric has a value as a whole, and one for each cell of a breakdown. `by` lists
  groupings, each a list of fields; a fact is in the whole and, for each grouping, in the cell of
  its values of those fields, null for those missing. An opening has these values in the object `by`
  of its data.
- When. A fact counts in a period if its day is in it. But where `carry` is true, and for `balance`
  and `members`, it counts in every period that does not end before its day: what went before is
  carried over.
- `count`: the number of facts. `sum`: the sum of `field`; facts without it count nothing. Of none:
  0.
- `distinct`: how many different values `field` has, as text; of a list each item is one value. Of
  none: 0.
- `latest`: in each cell, the `field` of the newest fact that has it. Of none: null. Newest is the
  greatest time, and of equal times the greatest seq of the original.
- `latest_sum`: facts that have `field` form series: by `subject` (null and the empty text are one),
  or, where `per` lists fields, by their values. Each series counts as the `field` of its newest
  fact, in the cells of that fact. The sum of these; null where there is no series in the whole.
- `balance`: plus `field` for types in `events`, minus for those in `leave`, plus `quantity` of
  openings; where `field` is null each counts as 1. Of none: 0.
- `members`: facts form series by `subject`, as above; a series counts 1, in the cells of its newest
  fact, unless the type of that fact is in `leave`. Of none: 0.
- `mean`: the sum of `field` times `weight` divided by the sum of `weight`, over the facts that have
  both; where `weight` is null each weighs 1. Null where the weights come to 0.
- `ratio`: the value of the metric `numerator` divided by that of `denominator`, times `factor`;
  null where one of them is null or the denominator is 0. `total`: the sum of the metrics in `of`
  less those in `minus`; as a whole null if one of them is. `growth`: (now / before - 1) times
  `factor`, of the metric in `of`, where before is its value in the period's `before`; null where
  there is no such period, either is null, or before is 0. All three use exact values, not rounded
  ones, cell by cell; a cell that an input does not list is 0 in a total and null in the others.

Which cells are listed. The whole always. A cell of a breakdown only where its exact value is
neither null nor 0, but for `latest`, which lists every cell with a reading, a 0 too. Of a computed
metric the cells of its own `by` that some input lists. Months have no breakdown.

In which order. By the place of their grouping in `by`; then by the value of each field in the
grouping's order: one that the `choices` of the field list by its place there, in the first type of
`events` that lists it; after those all others: null last, integers (false is 0, true 1) by number,
then by text (its code points); and last by the cell's canonical JSON.

Rounding, once and last: to `places` decimals, all of them written, by `rounding`. `half_up`: a half
away from zero; `half_even`: a half to the even neighbour; `up`: away from zero; `down`: towards it.
What rounds to zero has no sign.

`scale` and `weight_scale` are how many decimals `field` and `weight` may have; `field_type` is the
type of `field`, subject, entity or day for those. `unit` is what is counted.
"""
"""The keys of :func:`tracker.snapshots.definitions.definitions`, and how a figure is counted by them."""
