SELECT set_config('test.rows', '10000', false);
