def show(data, effort):
    pass
