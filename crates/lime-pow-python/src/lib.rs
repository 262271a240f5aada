//! The extension module behind the Python package `lime_pow`: converts types, releases the GIL, listens to
//! signals. What it converts is `lime-pow`'s.

mod errors;
mod job;
mod notifier;
mod process;
mod puzzle;
mod results;
mod solver;
mod tools;

use pyo3::prelude::*;

/// Names that Python sees; `python/lime_pow/__init__.py` hands them on.
#[pymodule]
fn _lime_pow(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    process::require_main_interpreter(py)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("PowTimeoutError", py.get_type::<errors::PowTimeoutError>())?;
    module.add("SolveError", py.get_type::<errors::SolveError>())?;
    module.add_class::<solver::Solver>()?;
    module.add_class::<job::Job>()?;
    module.add_class::<results::Solution>()?;
    module.add_class::<results::Progress>()?;
    module.add_class::<notifier::Callbacks>()?;
    module.add_function(wrap_pyfunction!(tools::verify, module)?)?;
    module.add_function(wrap_pyfunction!(tools::info, module)?)?;
    module.add_function(wrap_pyfunction!(tools::bench, module)?)?;
    module.add_function(wrap_pyfunction!(tools::calibrate, module)?)?;
    module.add_function(wrap_pyfunction!(results::_solution, module)?)?;
    module.add_function(wrap_pyfunction!(results::_progress, module)?)?;
    module.add_function(wrap_pyfunction!(process::forked, module)?)
}
