//! Queries read, printed and read again; texts that are none.

use proptest::prelude::*;

use super::{
    Arithmetic, Comparison, DimensionFilter, Expression, Grouping, Join, MOST_BYTES, Match,
    MetricQuery, Nested, Period, Predicate, Statistic, Unit, parse,
};

fn read(text: &str) -> Expression {
    parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Queries as documents and people write them, and how they are printed.
#[test]
fn published_queries_are_read() {
    for (query, printed) in [
        ("CpuUtilization[1m].mean() > 80", ""),
        (
            "ConsumerLag[5m]{a=\"b\"}.max > 10000",
            "ConsumerLag[5m]{a = \"b\"}.max() > 10000",
        ),
        ("CpuUtilization[1m].mean() in (60, 80)", ""),
        (
            "CpuUtilization[1m].avg() not in (60,80)",
            "CpuUtilization[1m].mean() not in (60, 80)",
        ),
        ("ServiceConnectorHubErrors[1m].grouping().count()", ""),
        (
            "CpuUtilization[1m]{availabilityDomain=\"VeBZ:PHX-AD-1\"}.groupBy(poolId).percentile(.90) > 85",
            "CpuUtilization[1m]{availabilityDomain = \"VeBZ:PHX-AD-1\"}.groupBy(poolId).percentile(0.9) > 85",
        ),
        (
            "CpuUtilization[1m]{resourceDisplayName =~ \"ol8|ol7\"}.min() >= 20",
            "",
        ),
        (
            "PutMessagesThroughput.Bytes[1m]{resourceId = \"ocid1.stream.oc1..a\", region = \"local\"}.sum()",
            "",
        ),
        (
            "CpuUtilization[1m]{resourceId = \"a\"}.groupBy(resourceId).absent(20)",
            "CpuUtilization[1m]{resourceId = \"a\"}.groupBy(resourceId).absent(20m)",
        ),
        ("(CpuUtilization[1m].max() > 80).grouping().sum()", ""),
        (
            "(SuccessRate[1m].groupBy(availabilityDomain).mean() < 0.99).grouping().sum()",
            "",
        ),
        ("100 - CpuUtilization[1m].mean()", ""),
        (
            "100-CpuUtilization[1m].mean()",
            "100 - CpuUtilization[1m].mean()",
        ),
        (
            "host::MonitoringStatus[1m]{a=\"b\"}.groupBy(r).mean()||weblogic_j2eeserver::MonitoringStatus[1m].min()",
            "host::MonitoringStatus[1m]{a = \"b\"}.groupBy(r).mean() || weblogic_j2eeserver::MonitoringStatus[1m].min()",
        ),
        (
            " (a[5m].sum() + b[5m].sum()) * 2 \n",
            "(a[5m].sum() + b[5m].sum()) * 2",
        ),
        (
            "errors.5xx-rate_$[24h].increment() == -1.5e3",
            "errors.5xx-rate_$[24h].increment() == -1500",
        ),
        (
            "a[1m].sum()-b[1m].sum() -5",
            "a[1m].sum() - b[1m].sum() - 5",
        ),
        (
            "a[60m].last() != 1 && b[1d].FIRST() < 2 || c[1m].Rate() <= 3",
            "a[60m].last() != 1 && b[1d].first() < 2 || c[1m].rate() <= 3",
        ),
        (
            "a[1m].groupBy(x, y).max().grouping().sum()",
            "(a[1m].groupBy(x, y).max()).grouping().sum()",
        ),
        (
            "a[1m].groupBy(x).max().grouping()",
            "(a[1m].groupBy(x).max()).grouping().max()",
        ),
        ("((a[1m].sum()))", "a[1m].sum()"),
    ] {
        let expected = if printed.is_empty() { query } else { printed };
        assert_eq!(read(query).to_string(), expected);
    }
}

#[test]
fn operators_bind_as_they_should() {
    for (one, same) in [
        ("1 + 2 * a[1m].sum() - 3", "(1 + (2 * a[1m].sum())) - 3"),
        ("a[1m].sum() - 1 - 2 > 0", "((a[1m].sum() - 1) - 2) > 0"),
        (
            "a[1m].sum() || b[1m].sum() > 1 && c[1m].sum()",
            "a[1m].sum() || ((b[1m].sum() > 1) && c[1m].sum())",
        ),
    ] {
        assert_eq!(read(one), read(same), "{one}");
    }
}

#[test]
fn texts_in_quotes_are_taken_as_they_are() {
    let Expression::Metric(metric) = read(r#"a[1m]{b = "say \"\\\" \n {x} é"}.sum()"#) else {
        panic!("no metric");
    };
    assert_eq!(metric.filters[0].value, r#"say "\" \n {x} é"#);
}

/// What is said of texts that are no queries: the column, and a part of the sentence.
#[test]
fn faults_are_told_where_they_are() {
    for (query, column, said) in [
        (
            "",
            1,
            "expected a number, '(' or a metric such as CpuUtilization[1m].mean(), found the end",
        ),
        ("CpuUtilization.mean()", 20, "expected '[', found \"(\""),
        (
            "Cpu[1m]",
            8,
            "expected '.' and a statistic such as mean(), found the end",
        ),
        ("Cpu[1m].percentile", 19, "expected '(', found the end"),
        ("Cpu[1m].mean(5)", 14, "expected ')', found \"5\""),
        ("Cpu[1m].average()", 9, "expected a statistic: absent, avg"),
        (
            "Cpu[0m].mean()",
            5,
            "an interval is 1m to 60m, 1h to 24h, or 1d",
        ),
        ("Cpu[61m].mean()", 5, "an interval is"),
        ("Cpu[25h].mean()", 5, "an interval is"),
        ("Cpu[2d].mean()", 5, "an interval is"),
        ("Cpu[5].mean()", 5, "an interval is"),
        ("Cpu[99999999999999999999m].mean()", 5, "an interval is"),
        ("Cpu[5s].mean()", 5, "an interval is"),
        (
            "Cpu[].mean()",
            5,
            "expected an interval such as 5m, found \"]\"",
        ),
        (
            "Cpu[1m]{a = b}.mean()",
            13,
            "expected a value in double quotes, found \"b\"",
        ),
        (
            "Cpu[1m]{a == \"b\"}.mean()",
            12,
            "expected a value in double quotes",
        ),
        (
            "Cpu[1m]{a > \"b\"}.mean()",
            11,
            "expected '=', '!=' or '=~'",
        ),
        (
            "Cpu[1m]{a = \"b\" && c = \"d\"}.mean()",
            17,
            "expected ',' or '}', found \"&\"",
        ),
        (
            "Cpu[1m]{a = \"b}.mean()",
            23,
            "expected '\"', found the end",
        ),
        ("Cpu[1m]{}.mean()", 9, "expected the name of a dimension"),
        (
            "Cpu[1m].groupBy().mean()",
            17,
            "expected the name of a dimension",
        ),
        (
            "Cpu[1m].mean().max()",
            16,
            "expected grouping() or groupBy()",
        ),
        (
            "Cpu[1m].percentile(90)",
            20,
            "percentile() takes a number between 0 and 1",
        ),
        ("Cpu[1m].absent(4d)", 16, "the period of absent() is"),
        (
            "Cpu[1m].mean() > high",
            18,
            "expected a number, found \"high\"",
        ),
        ("Cpu[1m].mean() >", 17, "expected a number, found the end"),
        ("Cpu[1m].mean() in 5", 19, "expected '(', found \"5\""),
        ("Cpu[1m].mean() not 5", 20, "expected 'in', found \"5\""),
        (
            "Cpu[1m].mean() > 5 < 6",
            20,
            "expected an operator, a predicate, '&&', '||' or the end",
        ),
        ("Cpu[1m].mean() = 5", 16, "expected an operator"),
        (
            "Cpu[1m].mean() && ",
            19,
            "expected a number, '(' or a metric",
        ),
        ("Cpu[1m].mean() && 5", 19, "expected a metric such as"),
        ("5 > 3", 1, "expected a metric such as"),
        ("(1 + 2)", 1, "expected a metric such as"),
        ("(Cpu[1m].mean()", 16, "expected"),
        ("a::b::c[1m].sum()", 5, "expected '['"),
        ("1e999 + a[1m].sum()", 1, "the number is larger than any"),
    ] {
        let error = parse(query).expect_err(query);
        let text = error.to_string();
        assert!(text.contains(said), "{query}\n{text}");
        assert!(
            text.contains(&format!(" at column {column}\n")),
            "{query}\n{text}"
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1].trim_start(), query, "{text}");
        assert_eq!(lines[2].chars().count(), column + 2, "{text}");
        assert_eq!(error.offset(), column - 1);
    }
}

#[test]
fn an_error_shows_the_line_it_is_about() {
    let error = parse("é[1m].sum()").unwrap_err();
    assert_eq!((error.offset(), error.found()), (0, "é"));
    let error = parse("a[1m].sum() >\n\t5 +\nb[1m].sum()").unwrap_err();
    assert!(
        error.to_string().ends_with(" at column 4\n   5 +\n     ^"),
        "{error}"
    );
    let long = format!("a[1m].sum() + {}.", "x".repeat(200));
    let error = parse(&long).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert!(
        lines[1].starts_with("  …") && lines[1].chars().count() < 130,
        "{error}"
    );
    assert_eq!(
        lines[1].chars().count(),
        lines[2].chars().count() - 1,
        "{error}"
    );
}

#[test]
fn hostile_texts_are_refused_in_time() {
    for (query, said) in [
        ("(".repeat(10_000), "nest deeper"),
        (
            format!("1{}", " + 1".repeat(4_000)),
            "more than 100 operators",
        ),
        (
            "a[1m].sum()".to_owned() + &".grouping()".repeat(200),
            "more than 100",
        ),
        (" ".repeat(MOST_BYTES + 1), "at most 16384"),
    ] {
        let error = parse(&query).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let deep = format!("{}a[1m].sum(){}", "(".repeat(32), ")".repeat(32));
    read(&deep);
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z][a-zA-Z0-9_$.-]{0,8}"
}

fn period() -> impl Strategy<Value = Period> {
    (1..=60_u32, 0..3).prop_map(|(count, unit)| match unit {
        0 => Period {
            count,
            unit: Unit::Minute,
        },
        1 => Period {
            count: 1 + count % 24,
            unit: Unit::Hour,
        },
        _ => Period {
            count: 1,
            unit: Unit::Day,
        },
    })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-1000..1000_i32).prop_map(f64::from),
        -1e9..1e9_f64,
        Just(1e-7)
    ]
}

fn grouping() -> impl Strategy<Value = Option<Grouping>> {
    let dimensions = prop::collection::vec("[a-zA-Z][a-zA-Z0-9._:/-]{0,6}", 1..3);
    prop::option::of(prop_oneof![
        Just(Grouping::All),
        dimensions.prop_map(Grouping::By)
    ])
}

fn statistic() -> impl Strategy<Value = Statistic> {
    prop_oneof![
        prop::option::of((1..72_u32).prop_map(|count| Period {
            count,
            unit: Unit::Hour
        }))
        .prop_map(Statistic::Absent),
        (0.001..0.999_f64).prop_map(Statistic::Percentile),
        prop::sample::select(vec![
            Statistic::Count,
            Statistic::First,
            Statistic::Increment,
            Statistic::Last,
            Statistic::Max,
            Statistic::Mean,
            Statistic::Min,
            Statistic::Rate,
            Statistic::Sum,
        ]),
    ]
}

fn metric() -> impl Strategy<Value = Expression> {
    let operator = prop::sample::select(vec![Match::Equal, Match::Unequal, Match::Fuzzy]);
    let filter = ("[a-zA-Z][a-zA-Z0-9._-]{0,6}", operator, "[ -~éß\n]{0,8}").prop_map(
        |(dimension, operator, value)| DimensionFilter {
            dimension,
            operator,
            value,
        },
    );
    let filters = prop::collection::vec(filter, 0..3);
    let parts = (
        prop::option::of(name()),
        name(),
        period(),
        filters,
        grouping(),
        statistic(),
    );
    parts.prop_map(
        |(resource_group, name, interval, filters, grouping, statistic)| {
            Expression::Metric(MetricQuery {
                resource_group,
                name,
                interval,
                filters,
                grouping,
                statistic,
            })
        },
    )
}

fn predicate() -> impl Strategy<Value = Predicate> {
    let comparison = prop::sample::select(Comparison::ALL.to_vec());
    prop_oneof![
        (comparison, number())
            .prop_map(|(comparison, number)| Predicate::Compared(comparison, number)),
        (number(), number()).prop_map(|(from, to)| Predicate::Inside(from, to)),
        (number(), number()).prop_map(|(from, to)| Predicate::Outside(from, to)),
    ]
}

/// Queries as the parser makes them: a metric stands wherever one must.
fn query() -> impl Strategy<Value = Expression> {
    let operators = [Arithmetic::SUMS.as_slice(), &Arithmetic::PRODUCTS].concat();
    metric().prop_recursive(4, 24, 2, move |inner| {
        let operator = prop::sample::select(operators.clone());
        let join = prop::sample::select(vec![Join::And, Join::Or]);
        let nested = (inner.clone(), grouping(), statistic());
        let constant = (inner.clone(), operator.clone(), number(), any::<bool>());
        prop_oneof![
            nested.prop_map(|(inner, grouping, statistic)| {
                Expression::Nested(Nested {
                    inner: Box::new(inner),
                    grouping,
                    statistic,
                })
            }),
            (inner.clone(), predicate())
                .prop_map(|(inner, predicate)| Expression::Filtered(Box::new(inner), predicate)),
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, sign, b)| Expression::Arithmetic(Box::new(a), sign, Box::new(b))),
            constant.prop_map(|(inner, sign, number, first)| {
                let number = Expression::Number(number);
                let (a, b) = if first {
                    (number, inner)
                } else {
                    (inner, number)
                };
                Expression::Arithmetic(Box::new(a), sign, Box::new(b))
            }),
            (inner.clone(), join, inner).prop_map(|(a, join, b)| Expression::Joined(
                Box::new(a),
                join,
                Box::new(b)
            )),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(query in query()) {
        let printed = query.to_string();
        let read = parse(&printed);
        prop_assert_eq!(read.map_err(|error| error.to_string()), Ok(query));
    }

    #[test]
    fn no_text_breaks_it(text in "[a-z0-9 .\\[\\](){}\"\\\\=~!<>&|,+*/%:mhdé\n-]{0,40}") {
        if let Err(error) = parse(&text) {
            let said = error.to_string();
            prop_assert!(!said.contains("expected ,") && !said.contains("expected  "), "{}", said);
        }
    }

    #[test]
    fn no_change_of_a_query_breaks_it(query in query(), at in any::<prop::sample::Index>(), text in "\\PC{0,2}") {
        let mut printed: Vec<char> = query.to_string().chars().collect();
        let at = at.index(printed.len());
        printed.splice(at..=at, text.chars());
        let changed: String = printed.into_iter().collect();
        if let Err(error) = parse(&changed) {
            prop_assert!(changed.is_char_boundary(error.offset()));
            let said = error.to_string();
            prop_assert!(!said.contains("expected ,") && !said.contains("expected  "), "{}", said);
        }
    }
}
