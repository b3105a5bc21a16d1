SELECT set_config('test.rows', '100', false);
