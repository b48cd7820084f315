# Windows Task Scheduler, from a PowerShell that runs as administrator. Every night at 02:00, also when nobody is signed in.
$action = New-ScheduledTaskAction -Execute "C:\aistore\.venv\Scripts\python.exe" `
    -Argument "manage.py aistore_backup --keep 7 --keep-weekly 5 --keep-monthly 12" -WorkingDirectory "C:\aistore"
$trigger = New-ScheduledTaskTrigger -Daily -At 2am
$settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew -ExecutionTimeLimit (New-TimeSpan -Hours 6)
$principal = New-ScheduledTaskPrincipal -UserId "NT AUTHORITY\LOCAL SERVICE" -LogonType ServiceAccount
Register-ScheduledTask -TaskName "aistore backup" -Action $action -Trigger $trigger -Settings $settings -Principal $principal
