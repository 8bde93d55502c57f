lint_test(includes)
