//! JMESPath functions whose results Python's `jmespath` types differently: whole numbers stay whole.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use jmespath::functions::{ArgumentType, CustomFunction, Signature};
use jmespath::{Context, Rcvar, Runtime, SearchResult, Variable};
use serde_json::Number;

// Comparisons of numbers and of text, by names that no expression can spell.
pub(super) const LESS: &str = "<";
pub(super) const AT_MOST: &str = "<=";
pub(super) const MORE: &str = ">";
pub(super) const AT_LEAST: &str = ">=";

// The values and the keys of an object, in the order of a list of keys; the first is null for anything else.
pub(super) const VALUES_IF_OBJECT: &str = "*";
pub(super) const VALUES_OF_OBJECT: &str = "*values";
pub(super) const KEYS_OF_OBJECT: &str = "*keys";

/// Every function that an expression may call.
pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    let number = || ArgumentType::Number;
    let numbers = || ArgumentType::TypedArray(Box::new(ArgumentType::Number));
    register(&mut runtime, "abs", number(), abs);
    register(&mut runtime, "ceil", number(), |n| round(n, f64::ceil));
    register(&mut runtime, "floor", number(), |n| round(n, f64::floor));
    register(&mut runtime, "sum", numbers(), sum);
    register(&mut runtime, "avg", numbers(), average);
    register(&mut runtime, "to_number", ArgumentType::Any, to_number);
    let value = |_: &str, value: &Rcvar| Rcvar::clone(value);
    let key = |key: &str, _: &Rcvar| Rcvar::new(Variable::String(key.to_owned()));
    list_object(&mut runtime, VALUES_IF_OBJECT, ArgumentType::Any, value);
    list_object(&mut runtime, VALUES_OF_OBJECT, ArgumentType::Object, value);
    list_object(&mut runtime, KEYS_OF_OBJECT, ArgumentType::Object, key);
    compare(&mut runtime, LESS, Ordering::is_lt);
    compare(&mut runtime, AT_MOST, Ordering::is_le);
    compare(&mut runtime, MORE, Ordering::is_gt);
    compare(&mut runtime, AT_LEAST, Ordering::is_ge);
    runtime
});

fn register(
    runtime: &mut Runtime,
    name: &str,
    takes: ArgumentType,
    function: fn(&Variable) -> Variable,
) {
    let evaluate = move |args: &[Rcvar], _: &mut Context<'_>| -> SearchResult {
        let argument = args.first().map_or(&Variable::Null, |first| first.as_ref());
        Ok(Rcvar::new(function(argument)))
    };
    let signature = Signature::new(vec![takes], None);
    runtime.register_function(
        name,
        Box::new(CustomFunction::new(signature, Box::new(evaluate))),
    );
}

/// A comparison of two values; null unless both are numbers or both are text.
fn compare(runtime: &mut Runtime, name: &str, holds: fn(Ordering) -> bool) {
    let evaluate = move |args: &[Rcvar], _: &mut Context<'_>| -> SearchResult {
        let order = match args {
            [left, right] => order(left, right),
            _ => None,
        };
        let result = order.map_or(Variable::Null, |order| Variable::Bool(holds(order)));
        Ok(Rcvar::new(result))
    };
    let signature = Signature::new(vec![ArgumentType::Any, ArgumentType::Any], None);
    runtime.register_function(
        name,
        Box::new(CustomFunction::new(signature, Box::new(evaluate))),
    );
}

/// A list of what `shown` makes of each entry of an object: those of the keys that the second argument
/// lists first, and the others sorted. Null unless there is an object.
fn list_object(
    runtime: &mut Runtime,
    name: &str,
    takes: ArgumentType,
    shown: fn(&str, &Rcvar) -> Rcvar,
) {
    let evaluate = move |args: &[Rcvar], _: &mut Context<'_>| -> SearchResult {
        let (object, known) = match args {
            [object, known] => (object.as_object(), known.as_array()),
            _ => (None, None),
        };
        let Some(object) = object else {
            return Ok(Rcvar::new(Variable::Null));
        };
        let known = known
            .into_iter()
            .flatten()
            .filter_map(|key| key.as_string());
        let place: BTreeMap<&str, usize> = known
            .enumerate()
            .map(|(place, key)| (key.as_str(), place))
            .collect();
        let mut entries: Vec<(&String, &Rcvar)> = object.iter().collect();
        entries.sort_by_key(|(key, _)| place.get(key.as_str()).copied().unwrap_or(usize::MAX));
        let list = entries.into_iter().map(|(key, value)| shown(key, value));
        Ok(Rcvar::new(Variable::Array(list.collect())))
    };
    let signature = Signature::new(vec![takes, ArgumentType::Array], None);
    runtime.register_function(
        name,
        Box::new(CustomFunction::new(signature, Box::new(evaluate))),
    );
}

fn order(left: &Variable, right: &Variable) -> Option<Ordering> {
    match (left, right) {
        (Variable::String(left), Variable::String(right)) => Some(left.cmp(right)),
        (Variable::Number(left), Variable::Number(right)) => {
            match (left.as_i64(), right.as_i64()) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
            }
        }
        _ => None,
    }
}

fn abs(number: &Variable) -> Variable {
    match whole(number).and_then(i64::checked_abs) {
        Some(whole) => Variable::Number(whole.into()),
        None => float(number.as_number().map(f64::abs)),
    }
}

fn round(number: &Variable, rounded: fn(f64) -> f64) -> Variable {
    match whole(number) {
        Some(whole) => Variable::Number(whole.into()),
        None => {
            let rounded = number.as_number().map(rounded);
            // Written without a fraction, it reads as a whole number again, if it fits one.
            let whole = rounded.and_then(|rounded| format!("{rounded:.0}").parse::<i64>().ok());
            whole.map_or_else(|| float(rounded), |whole| Variable::Number(whole.into()))
        }
    }
}

fn sum(numbers: &Variable) -> Variable {
    let numbers = elements(numbers);
    let whole = numbers
        .iter()
        .try_fold(0_i64, |sum, number| sum.checked_add(whole(number)?));
    match whole {
        Some(sum) => Variable::Number(sum.into()),
        None => float(Some(float_sum(numbers))),
    }
}

fn average(numbers: &Variable) -> Variable {
    let numbers = elements(numbers);
    if numbers.is_empty() {
        return Variable::Null;
    }
    #[expect(clippy::cast_precision_loss, reason = "no list is that long")]
    let count = numbers.len() as f64;
    float(Some(float_sum(numbers) / count))
}

fn to_number(value: &Variable) -> Variable {
    match value {
        Variable::Number(number) => Variable::Number(number.clone()),
        Variable::String(text) => match text.trim().parse::<i64>() {
            Ok(whole) => Variable::Number(whole.into()),
            Err(_) => float(text.trim().parse().ok()),
        },
        _ => Variable::Null,
    }
}

fn elements(list: &Variable) -> &[Rcvar] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn whole(number: &Variable) -> Option<i64> {
    match number {
        Variable::Number(number) => number.as_i64(),
        _ => None,
    }
}

fn float_sum(numbers: &[Rcvar]) -> f64 {
    numbers.iter().filter_map(|number| number.as_number()).sum()
}

fn float(value: Option<f64>) -> Variable {
    let number = value.and_then(Number::from_f64);
    number.map_or(Variable::Null, Variable::Number)
}
